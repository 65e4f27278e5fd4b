//! Why a verdict is what it is, in one sentence.

use crate::{
    clean::Finding,
    judge::{Action, Class, Heuristics, Judge, Verdict},
    sighting::Trigger,
};

/// Why the verdict on `finding` is what it is.
pub(super) fn of(finding: &Finding, judge: &Judge) -> String {
    let verdict = &finding.verdict;
    if verdict.spared.is_some() {
        return "the allowlist spares it".to_owned();
    }
    if has(verdict, "not-done") {
        return "it could not be written exactly, so nothing was done".to_owned();
    }
    if has(verdict, "refused") {
        return "a link that keeps every byte".to_owned();
    }
    let trigger = finding.vector.trigger();
    let is_load = trigger == Trigger::Show;
    match &verdict.action {
        Action::Neutralize | Action::Remove if has(verdict, "blocked") => {
            "no tracker by the evidence, but all remote content is blocked".to_owned()
        }
        Action::Neutralize | Action::Remove if is_load => {
            format!("a tracker: {}", sum(verdict, judge.heuristics()))
        }
        Action::Neutralize | Action::Remove => match trigger {
            Trigger::Ping => "a request beside the link",
            Trigger::Receipt => "it asks for a receipt",
            Trigger::Click | Trigger::Show | Trigger::Submit => "tracking",
        }
        .to_owned(),
        Action::Trim(_) => "it leads where it says, with parameters that identify".to_owned(),
        Action::Unwrap(_) => "a redirect whose destination can be read".to_owned(),
        Action::Keep if verdict.opaque => {
            "a redirect of a known service whose destination cannot be read".to_owned()
        }
        Action::Keep if is_load => {
            let why = sum(verdict, judge.heuristics());
            let remains = if verdict.notable {
                "; tracking that remains"
            } else {
                ""
            };
            format!("no tracker by the evidence: {why}{remains}")
        }
        Action::Keep if has(verdict, "untrimmed") => "a URL that keeps its parameters".to_owned(),
        Action::Keep if trigger == Trigger::Click => {
            "no redirect that is to be unwrapped, and nothing to drop".to_owned()
        }
        Action::Keep => "nothing is done with these".to_owned(),
    }
}

/// The sum of the evidence against the threshold, and the classes that it
/// needs or has.
fn sum(verdict: &Verdict, heuristics: &Heuristics) -> String {
    let (score, threshold) = (verdict.score, heuristics.threshold);
    let has = |class| {
        let weighted = verdict.evidence.iter();
        let mut known = weighted.filter_map(|e| heuristics.evidence.get(e.kind));
        known.any(|weight| weight.class == class)
    };
    let classes = if has(Class::Decisive) {
        "decisive evidence"
    } else {
        match (has(Class::Identity), has(Class::Presentation)) {
            (true, true) => "the URL can identify and nobody is meant to see it",
            (true, false) => "the URL can identify, but nothing says that it is hidden",
            (false, true) => "nobody is meant to see it, but the URL does not identify",
            (false, false) => "the URL does not identify, and nothing says that it is hidden",
        }
    };
    format!("score {score} where {threshold} are needed, {classes}")
}

fn has(verdict: &Verdict, kind: &str) -> bool {
    verdict.evidence.iter().any(|e| e.kind == kind)
}
