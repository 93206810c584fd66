//! Hostile plan files. Whatever is written into one, the compiler answers: it never panics and never takes long, each
//! refusal says what, where and how to fix it, and a hash stands for one set of terms.
//!
//! The inputs are arbitrary texts, and shipped and kept files that are changed in one to six places. They come from a
//! seed and are the same every time. `TRELLIS_FUZZ_INPUTS` makes a campaign of so many (`./scripts/analyze fuzz`),
//! `TRELLIS_FUZZ_SEED` another one. An input that breaks a rule is written to a file that the failure names: it belongs into
//! `corpus/`, whose files are checked in every run and changed like the shipped ones.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

mod mutation;
mod numbers;

use std::collections::{HashMap, HashSet};
use std::env;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use numbers::Numbers;
use plan::compile::{REFUSALS_MAX, refusals};
use plan::{CompileError, CompiledPlan, compile};

/// Inputs of a usual run: a few seconds, not optimized.
const INPUTS_USUAL: u64 = 800;
const SEED_USUAL: u64 = 20_260_101;
/// A file of the greatest length takes milliseconds; a hundred times that is a mistake, also on a busy machine.
const LONGEST: Duration = Duration::from_secs(3);
/// Every so many inputs one is not a changed file but an arbitrary text.
const ARBITRARY_EVERY: u64 = 16;

fn number_from(name: &str, usual: u64) -> u64 {
    match env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text:?}")),
        Err(_) => usual,
    }
}

/// Files of a folder, by name. Kept ones are texts, because nobody is to read or to format them.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml" || extension == "txt")
        })
        .map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    files
}

fn shipped() -> Vec<(String, String)> {
    let plans = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plans");
    let mut shipped = files(&plans);
    shipped.extend(files(&plans.join("rejected")));
    shipped
}

fn kept() -> Vec<(String, String)> {
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus"))
}

/// What is wrong with the compiler's answer to this text.
fn answer(text: &str) -> Result<Option<CompiledPlan>, String> {
    let start = Instant::now();
    let first = compile(text);
    let took = start.elapsed();
    if took > LONGEST {
        return Err(format!("it took {took:?}"));
    }
    match (first, compile(text)) {
        (Ok(plan), Ok(again)) if plan == again => {
            if plan
                .findings()
                .iter()
                .any(|finding| finding.code.is_empty() || finding.text.is_empty())
            {
                return Err("a finding says nothing".into());
            }
            Ok(Some(plan))
        }
        (Err(refusal), Err(again)) if refusal == again => {
            let code = refusal.code();
            let plain = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
            if code.is_empty() || !code.bytes().all(plain) {
                return Err(format!("{code:?} is no code"));
            }
            let says = [
                refusal.to_string(),
                refusal.refusal().problem,
                refusal.refusal().hint,
                refusal.report("plan.toml", text),
            ];
            if says.iter().any(|part| part.trim().is_empty()) {
                return Err(format!("{code} says nothing: {says:?}"));
            }
            // A file that ends too early is wrong behind its last line break.
            let (line, lines) = (refusal.place_in(text).line, text.split('\n').count());
            if !(1..=lines).contains(&line) {
                return Err(format!("{code} points to line {line} of {lines}"));
            }
            answer_in_full(text, &refusal)?;
            Ok(None)
        }
        (first, again) => Err(format!("two answers: {first:?} and {again:?}")),
    }
}

/// What is wrong with the list of all refusals of a text whose first one is known.
fn answer_in_full(text: &str, first: &CompileError) -> Result<(), String> {
    let start = Instant::now();
    let all = refusals(text);
    let took = start.elapsed();
    let fields: HashSet<String> = all.iter().map(CompileError::field).collect();
    if all.first() != Some(first) || all.len() > REFUSALS_MAX || fields.len() < all.len() {
        return Err(format!("these are not all refusals: {all:?}"));
    }
    if took > LONGEST {
        return Err(format!("all refusals took {took:?}"));
    }
    Ok(())
}

/// All plans that compiled, by hash.
#[derive(Default)]
struct Hashes(HashMap<String, CompiledPlan>);

impl Hashes {
    /// A hash stands for one set of terms, and terms have one hash.
    fn add(&mut self, plan: &CompiledPlan, original: Option<&CompiledPlan>) -> Result<(), String> {
        let same_hash = |other: &CompiledPlan| other.hash() == plan.hash();
        if let Some(original) = original
            && same_hash(original) != (original == plan)
        {
            return Err("the changed plan has the same hash and other terms, or the other way round".into());
        }
        let known = self
            .0
            .entry(format!("{:?}", plan.hash()))
            .or_insert_with(|| plan.clone());
        if known == plan {
            Ok(())
        } else {
            Err("two plans have one hash".into())
        }
    }
}

/// Checks one input; what it breaks is kept in a file and named.
fn check(name: &str, text: &str, original: Option<&CompiledPlan>, hashes: &mut Hashes) -> bool {
    let verdict = catch_unwind(AssertUnwindSafe(|| match answer(text)? {
        Some(plan) => hashes.add(&plan, original).map(|()| true),
        None => Ok(false),
    }));
    let problem = match verdict {
        Ok(Ok(compiled)) => return compiled,
        Ok(Err(problem)) => problem,
        Err(_) => "the compiler panicked".to_owned(),
    };
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("broken-plan.toml");
    fs::write(&file, text).unwrap();
    panic!(
        "{name}: {problem}\nkept in {}: add it to the corpus",
        file.display()
    );
}

#[test]
fn the_compiler_answers_every_kept_and_shipped_file() {
    let mut hashes = Hashes::default();
    let (shipped, kept) = (shipped(), kept());
    assert!(shipped.len() >= 3 && kept.len() >= 10, "the files are gone");
    for (name, text) in shipped.iter().chain(&kept) {
        check(name, text, None, &mut hashes);
    }
}

#[test]
fn the_compiler_answers_whatever_is_written_into_a_plan_file() {
    let inputs = number_from("TRELLIS_FUZZ_INPUTS", INPUTS_USUAL);
    let seed = number_from("TRELLIS_FUZZ_SEED", SEED_USUAL);
    let sources: Vec<(String, String)> = shipped().into_iter().chain(kept()).collect();
    let texts: Vec<&str> = sources.iter().map(|(_, text)| text.as_str()).collect();
    let originals: Vec<Option<CompiledPlan>> = texts.iter().map(|text| compile(text).ok()).collect();
    let mut hashes = Hashes::default();
    let mut compiled = 0;
    for input in 0..inputs {
        let mut numbers = Numbers::of(seed, input);
        let name = format!("input {input} of seed {seed}");
        if input % ARBITRARY_EVERY == 0 {
            check(&name, &mutation::arbitrary(&mut numbers), None, &mut hashes);
            continue;
        }
        // Shipped files more often than the kept ones, which are broken already.
        let source = if numbers.below(4) == 0 {
            numbers.below(texts.len())
        } else {
            numbers.below(texts.len().min(3))
        };
        let text = mutation::changed(texts[source], &texts, &mut numbers);
        let done = check(&name, &text, originals[source].as_ref(), &mut hashes);
        compiled += u64::from(done);
    }
    // Otherwise the changes are too wild to reach what comes after the parser.
    assert!(compiled * 50 >= inputs, "only {compiled} of {inputs} compile");
    println!(
        "{inputs} inputs of seed {seed}: {compiled} compiled to {} plans",
        hashes.0.len()
    );
}

#[test]
fn each_number_of_a_shipped_plan_is_in_its_hash() {
    let mut hashes = Hashes::default();
    let mut compiled = 0;
    for (name, text) in shipped() {
        let Ok(original) = compile(&text) else { continue };
        for larger in mutation::each_number_larger(&text) {
            compiled += usize::from(check(&name, &larger, Some(&original), &mut hashes));
        }
    }
    assert!(compiled >= 4, "only {compiled} of the changed plans compile");
}

#[test]
fn the_longest_file_is_answered_and_a_longer_one_is_refused() {
    let line = "# what a plan designer thinks of a plan\n";
    let text = line.repeat(plan::compile::TEXT_BYTES_MAX / line.len());
    assert_eq!(answer(&text), Ok(None));
    let error = compile(&format!("{text}{text}")).unwrap_err();
    assert_eq!(error.code(), "text_too_long");
}

/// Where failing inputs are kept must exist before one fails.
#[test]
fn a_broken_input_could_be_kept() {
    assert!(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).is_dir());
}
