//! What an inspection report says, in the words of a language: the same on a page and on paper.

use crate::certificate::{Certificate, IntervalMethod, MeetsStandard, Sampling};
use crate::evaluate::{GroupAgreement, Interval};
use crate::review::hand_traits::hand_trait;
use crate::review::numbers;
use crate::review::words::{Language, word};
use crate::statistics::{BinomialRate, Calendar};

use super::photographs::{Photograph, Standing};

/// A report in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// 检测报告, Inspection report.
    pub title: String,
    /// That it is no statutory and no quarantine certificate.
    pub is_not: String,
    /// What it says, before the photographs.
    pub sections: Vec<Section>,
    /// Over the photographs.
    pub photographs: String,
    /// By which rule they were chosen, or that none is kept.
    pub photographs_rule: String,
    /// What it was judged with, after the photographs.
    pub evidence: Section,
    /// Who drew it up, and when.
    pub issued: String,
    /// Over which people sign.
    pub signatures: [String; 2],
}

/// Some parts under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading, where there is one.
    pub heading: Option<String>,
    /// The parts, in their order.
    pub parts: Vec<Part>,
}

/// A part of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The figure that people look for, and its doubt.
    Answer(String, String),
    /// A name and what is so, a line each.
    Facts(Vec<Fact>),
    /// The columns' names and the rows.
    Table(Vec<String>, Vec<Vec<String>>),
    /// A sentence.
    Text(String),
    /// A sentence that explains.
    Note(String),
}

/// A line of a report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fact {
    /// What of.
    pub name: String,
    /// The figure.
    pub strong: String,
    /// What stands beside it.
    pub text: String,
    /// A digest or a command.
    pub code: String,
}

impl Fact {
    fn text(name: String, text: impl Into<String>) -> Self {
        Self {
            name,
            text: text.into(),
            ..Self::default()
        }
    }

    fn strong(name: String, strong: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            strong: strong.into(),
            ..Self::text(name, text)
        }
    }

    fn code(name: String, text: impl Into<String>, code: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            ..Self::text(name, text)
        }
    }
}

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

fn meets(certificate: &Certificate, language: Language) -> Section {
    let of = &certificate.meets;
    let is_sample = matches!(certificate.sampling(), Sampling::Sampled { .. });
    let interval = of.ci95.map_or_else(String::new, |Interval { lo, hi }| {
        let n = numbers::whole(of.of as usize);
        format!("{:.1}–{:.1}, n = {n}", 100.0 * lo, 100.0 * hi)
    });
    let share = of.share.map_or_else(|| "–".to_owned(), numbers::of_hundred);
    Section {
        heading: Some(language.say("certificate-meets")),
        parts: [
            Part::Answer(share, interval),
            Part::Text(audited(of, language)),
        ]
        .into_iter()
        .chain(
            of.drawn_singly
                .map(|by| Part::Text(drawn_singly(&by, language))),
        )
        .chain([Part::Note(method(of, language))])
        .chain(is_sample.then(|| Part::Note(language.say("certificate-of-sample"))))
        .collect(),
    }
}

fn drawn_singly(of: &BinomialRate, language: Language) -> String {
    let [meets, plants] = [of.hits, of.of].map(|n| numbers::whole(n as usize));
    let share = numbers::share(of);
    let interval = of.ci95.map_or_else(String::new, |Interval { lo, hi }| {
        format!("{:.1}–{:.1}", 100.0 * lo, 100.0 * hi)
    });
    let places = [
        ("meets", meets.as_str()),
        ("plants", plants.as_str()),
        ("share", share.as_str()),
        ("interval", interval.as_str()),
    ];
    language.say_with("certificate-drawn-singly", &places)
}

/// What people found who judged the lot's cells blindly, and how far they agree among themselves.
fn audited(of: &MeetsStandard, language: Language) -> String {
    let audit = audit(of, language);
    let people = of
        .among_people
        .as_ref()
        .map(|among| agreement(among, language));
    match people {
        Some(people) => language.say_with(
            "certificate-two-sentences",
            &[("first", &audit), ("second", &people)],
        ),
        None => audit,
    }
}

fn agreement(among: &GroupAgreement, language: Language) -> String {
    let [n, alike] = [among.n, among.unanimous].map(numbers::whole);
    let Some(kappa) = among.kappa else {
        return language.say_with("certificate-people-alike", &[("n", &n), ("alike", &alike)]);
    };
    let interval = among.kappa_ci95.map_or_else(
        || "–".to_owned(),
        |Interval { lo, hi }| format!("{lo:.2}–{hi:.2}"),
    );
    let kappa = format!("{kappa:.2}");
    let places = [
        ("n", n.as_str()),
        ("alike", alike.as_str()),
        ("kappa", kappa.as_str()),
        ("interval", interval.as_str()),
    ];
    language.say_with("certificate-people-agree", &places)
}

fn audit(of: &MeetsStandard, language: Language) -> String {
    let Some(audit) = of.audit else {
        return language.say("certificate-no-audit");
    };
    let (so, otherwise) = (audit.judged_so, audit.judged_otherwise);
    let other_no = otherwise.of - otherwise.so.min(otherwise.of);
    let numbers = [so.so, so.of, other_no, otherwise.of].map(|n| numbers::whole(n as usize));
    let places: Vec<(&'static str, &str)> = ["so", "of", "otherwise", "rest"]
        .into_iter()
        .zip(numbers.iter().map(String::as_str))
        .collect();
    language.say_with("certificate-audit", &places)
}

/// How the interval was computed; of a later form in its own words.
fn method(of: &MeetsStandard, language: Language) -> String {
    match of.interval_method() {
        Some(IntervalMethod::TraysResampled(resamples)) => {
            let n = numbers::whole(resamples as usize);
            language.say_with("certificate-resampled", &[("n", &n)])
        }
        Some(IntervalMethod::PlantsIndependent) => language.say("certificate-trays-alike"),
        None => of.method.clone(),
    }
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
