//! What an inspection report says, in the words of a language: the same on a page and on paper.

use super::photographs::{Photograph, Standing};
use super::sheet::{Fact, Part, Section, Sheet};
use super::worded_share::meets;
use crate::certificate::{Certificate, Sampling};
use crate::review::hand_traits::hand_trait;
use crate::review::numbers;
use crate::review::words::{Language, word};
use crate::statistics::Calendar;

impl Sheet {
    /// Words a certificate; `photographs` are those that will stand on it, its moments are of the site's `calendar`.
    #[must_use]
    pub fn of(
        certificate: &Certificate,
        photographs: &[Photograph],
        language: Language,
        calendar: &Calendar,
    ) -> Self {
        let in_language = |texts: &std::collections::BTreeMap<String, String>| {
            texts.get(language.tag()).cloned().unwrap_or_default()
        };
        let by = certificate.issued_by.as_deref().unwrap_or("–");
        let at = numbers::moment(&certificate.issued_at, calendar.zone());
        let rule = if photographs.is_empty() {
            word!("certificate-no-photograph")
        } else {
            word!("certificate-photographs-rule")
        };
        Self {
            title: in_language(&certificate.title),
            is_not: in_language(&certificate.is_not),
            sections: vec![
                about(certificate, language, calendar),
                meets(certificate, language),
                figures(certificate, language),
                measurements(certificate, language, calendar),
            ],
            photographs: language.say("certificate-photographs"),
            photographs_rule: language.say(rule),
            evidence: evidence(certificate, language),
            issued: language.say_with("certificate-issued", &[("at", &at), ("by", by)]),
            signatures: [
                language.say("certificate-inspector"),
                language.say("certificate-approved"),
            ],
        }
    }
}

/// What stands under a photograph: which tray, what it came to, and the hash of its picture's bytes.
#[must_use]
pub fn caption(photograph: &Photograph, language: Language) -> Section {
    let standing = language.say(match photograph.standing {
        Standing::Lowest => word!("certificate-lowest"),
        Standing::Middle => word!("certificate-middle"),
        Standing::Highest => word!("certificate-highest"),
    });
    let share = numbers::percent(photograph.marketable as usize, photograph.sown as usize);
    let (plants, sown) = (
        numbers::whole(photograph.marketable as usize),
        numbers::whole(photograph.sown as usize),
    );
    let places = [
        ("share", share.as_str()),
        ("plants", plants.as_str()),
        ("sown", sown.as_str()),
    ];
    let facts = vec![
        Fact::text(
            language.say("tray"),
            photograph.report.facts.tray_uid.clone(),
        ),
        Fact::text(
            language.say("marketable"),
            language.say_with("certificate-share-of-tray", &places),
        ),
        Fact::code("SHA-256".to_owned(), "", photograph.sha256.clone()),
    ];
    Section {
        heading: Some(standing),
        parts: vec![Part::Facts(facts)],
    }
}

fn about(of: &Certificate, language: Language, calendar: &Calendar) -> Section {
    let lot_facts = of.lot_facts.clone().unwrap_or_default();
    let known = [
        (word!("variety"), lot_facts.variety),
        (word!("seeder"), lot_facts.seeder),
        (word!("sown-on"), lot_facts.sown_on),
        (word!("seed-lot"), lot_facts.seed_lot),
    ];
    let trays = of.summary.trays;
    let not_judged = (trays.refused + trays.failed) as usize;
    let all = numbers::whole(trays.graded as usize + not_judged);
    let (refused, cells) = (
        numbers::whole(not_judged),
        numbers::whole(of.summary.sown as usize),
    );
    let basis = [
        ("n", all.as_str()),
        ("refused", refused.as_str()),
        ("cells", cells.as_str()),
    ];
    let span = format!(
        "{} – {} ({})",
        numbers::moment(&of.first_at, calendar.zone()),
        numbers::moment(&of.last_at, calendar.zone()),
        calendar.zone_name()
    );
    let mut facts = vec![Fact::strong(language.say("lot"), of.lot.clone(), "")];
    for (key, value) in known {
        facts.extend(value.map(|value| Fact::text(language.say(key), value)));
    }
    facts.push(Fact::text(language.say("certificate-inspected"), span));
    facts.push(Fact::text(
        language.say("certificate-basis"),
        language.say_with("certificate-basis-all", &basis),
    ));
    facts.push(lot_size(of, language, calendar));
    if of.plugs_of_other_lots > 0 {
        let plugs = numbers::whole(of.plugs_of_other_lots as usize);
        facts.push(Fact::text(
            language.say("certificate-other-lots"),
            language.say_with("certificate-plugs-of-others", &[("n", &plugs)]),
        ));
    }
    Section {
        heading: None,
        parts: vec![Part::Facts(facts)],
    }
}

/// How many of the lot's trays were inspected, and who stated how many there are.
fn lot_size(of: &Certificate, language: Language, calendar: &Calendar) -> Fact {
    let whole = |number: u64| numbers::whole(number as usize);
    let said = |key, [inspected, lot]: [u64; 2]| {
        let (n, all) = (whole(inspected), whole(lot));
        language.say_with(key, &[("n", &n), ("all", &all)])
    };
    let sampling = match of.sampling() {
        Sampling::NotStated => language.say("certificate-size-not-stated"),
        Sampling::Sampled { inspected, lot } => {
            said(word!("certificate-sampled"), [inspected, lot])
        }
        Sampling::Whole { lot } => said(word!("certificate-whole-lot"), [lot, lot]),
        Sampling::MoreThanStated { inspected, lot } => {
            said(word!("certificate-more-than-stated"), [inspected, lot])
        }
    };
    let by = of.lot_size.as_ref().filter(|size| size.trays.is_some());
    let by = by.map_or_else(String::new, |size| {
        let at = numbers::moment(&size.at, calendar.zone());
        language.say_with("certificate-size-by", &[("by", &size.who), ("at", &at)])
    });
    Fact::strong(language.say("certificate-lot-size"), sampling, by)
}

fn figures(of: &Certificate, language: Language) -> Section {
    let summary = &of.summary;
    let (cv, doubt) = numbers::uniformity(summary.uniformity.as_ref());
    let rate = |key, rate| {
        Fact::strong(
            language.say(key),
            numbers::share(rate),
            numbers::interval(rate),
        )
    };
    let mut facts = vec![
        rate(word!("emergence"), &summary.emergence),
        rate(word!("marketable"), &summary.marketable),
        Fact::strong(language.say("uniformity"), cv, doubt),
    ];
    let cells = summary.cells;
    for (key, count) in [
        (word!("verdict-blank"), cells.blank),
        (word!("certificate-single"), cells.graded),
        (word!("verdict-double"), cells.double),
        (word!("verdict-unsure"), cells.unsure),
    ] {
        facts.push(Fact::text(
            language.say(key),
            numbers::whole(count as usize),
        ));
    }
    for (grade, plants) in &summary.grades {
        let name = format!("{} {grade}", language.say("grade"));
        facts.push(Fact::text(name, numbers::whole(*plants as usize)));
    }
    Section {
        heading: None,
        parts: vec![Part::Facts(facts), Part::Note(language.say("shares-of"))],
    }
}

fn measurements(of: &Certificate, language: Language, calendar: &Calendar) -> Section {
    let heads = [
        word!("certificate-trait"),
        word!("certificate-value"),
        word!("certificate-method"),
        word!("certificate-who"),
        word!("tray"),
    ];
    let row = |measured: &crate::store::HandMeasurement| {
        let cell = measured.cell.map_or_else(String::new, |cell| {
            format!(" ({}, {})", cell.row + 1, cell.col + 1)
        });
        let of = hand_trait(&measured.measured_trait);
        let name = of.map(|known| language.say(known.word));
        vec![
            name.unwrap_or_else(|| measured.measured_trait.clone()),
            format!("{} {}", measured.value, measured.unit),
            measured.method.clone().unwrap_or_else(|| "–".to_owned()),
            format!(
                "{} · {}",
                measured.who,
                numbers::moment(&measured.at, calendar.zone())
            ),
            format!("{}{cell}", measured.tray_uid),
        ]
    };
    let measured = if of.hand_measurements.is_empty() {
        Part::Text(language.say("certificate-none-measured"))
    } else {
        let rows = of.hand_measurements.iter().map(row);
        Part::Table(heads.map(|key| language.say(key)).to_vec(), rows.collect())
    };
    Section {
        heading: Some(language.say("certificate-measured")),
        parts: vec![measured, Part::Note(language.say("certificate-not-seen"))],
    }
}

fn evidence(of: &Certificate, language: Language) -> Section {
    let mut parts: Vec<Part> = Vec::new();
    for used in &of.evidence {
        let trays = numbers::whole(used.trays as usize);
        let calibration = used.calibration.as_deref().unwrap_or("–");
        parts.push(Part::Facts(vec![
            Fact::text(
                language.say("trays"),
                format!("{trays} · seedgrade {}", used.software),
            ),
            Fact::code(language.say("certificate-net"), "", &used.network),
            Fact::code(
                language.say("certificate-standard"),
                &used.standard,
                &used.standard_digest,
            ),
            Fact::code(language.say("certificate-calibration"), "", calibration),
        ]));
    }
    let verify = "seedgrade verify CERTIFICATE.json --store FILE";
    parts.push(Part::Facts(vec![
        Fact::code(language.say("certificate-digest"), "", &of.digest),
        Fact::code(language.say("certificate-verify"), "", verify),
    ]));
    Section {
        heading: Some(language.say("certificate-evidence")),
        parts,
    }
}
