//! Any text is a rule file or has mistakes, in both formats. Rules that are accepted can be told in words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sleuth::tags::rules::{
    explain::explain,
    file::{Format, parse},
};

fuzz_target!(|text: &str| {
    for format in [Format::Toml, Format::Json] {
        match parse(text, format) {
            Ok(rules) => {
                let explained = explain(&rules);
                assert_eq!(explained.len(), rules.rules.len());
                assert!(explained.iter().all(|rule| !rule.text.contains('\n')), "not on one line: {explained:?}");
            }
            Err(mistakes) => {
                assert!(!mistakes.0.is_empty(), "refused without a word");
                let lines = text.split('\n').count();
                assert!(mistakes.0.iter().all(|mistake| (1..=lines).contains(&mistake.line)), "{mistakes:?}");
                let whole = mistakes.0.iter().all(|mistake| !mistake.message.contains('\n'));
                assert!(whole, "not on one line: {mistakes:?}");
            }
        }
    }
});
