//! Which of the line's parts are in trouble, told whenever that changes.

use crate::store::{LinePart, PartHealth};

/// What was told of every part; nothing of any when the line begins.
#[derive(Debug, Default)]
pub struct PartsTold([Option<bool>; LinePart::ALL.len()]);

impl PartsTold {
    /// What there is to tell when the parts are as the caller says: why each is in trouble, if it is. The reason is told as
    /// it was at first: one that is worded anew with every look must not fill the store.
    pub fn news(&mut self, trouble: impl Fn(LinePart) -> Option<String>) -> Vec<PartHealth> {
        let mut news = Vec::new();
        for (part, told) in LinePart::ALL.into_iter().zip(&mut self.0) {
            let why = trouble(part);
            if told.replace(why.is_some()) != Some(why.is_some()) {
                news.push(match why {
                    Some(why) => PartHealth::InTrouble(part, why),
                    None => PartHealth::Fine(part),
                });
            }
        }
        news
    }

    /// Whether each part was in trouble when it was last told of; none of a part that nothing was told of yet.
    pub fn in_trouble(&self) -> [(LinePart, Option<bool>); LinePart::ALL.len()] {
        std::array::from_fn(|at| (LinePart::ALL[at], self.0[at]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_told_of_once_and_again_only_when_it_changes() {
        let mut told = PartsTold::default();
        let fine: Vec<_> = LinePart::ALL.into_iter().map(PartHealth::Fine).collect();
        assert_eq!(told.news(|_| None), fine);
        assert_eq!(told.news(|_| None), []);
        let silent =
            |why: &'static str| move |part| (part == LinePart::Camera).then(|| why.to_owned());
        let in_trouble = PartHealth::InTrouble(LinePart::Camera, "no frame of tray 3".to_owned());
        assert_eq!(told.news(silent("no frame of tray 3")), [in_trouble]);
        assert_eq!(told.news(silent("no frame of tray 4")), []);
        assert_eq!(told.in_trouble()[0], (LinePart::Camera, Some(true)));
        assert_eq!(told.news(|_| None), [PartHealth::Fine(LinePart::Camera)]);
    }
}
