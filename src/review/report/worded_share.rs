//! The share of plants that meet the standard, in words.

use super::sheet::{Part, Section};
use crate::certificate::{Certificate, IntervalMethod, MeetsStandard, Sampling};
use crate::evaluate::{GroupAgreement, Interval};
use crate::review::numbers;
use crate::review::words::Language;
use crate::statistics::BinomialRate;

/// The share of plants that meet the standard, its doubt, and by which method.
pub(super) fn meets(certificate: &Certificate, language: Language) -> Section {
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
