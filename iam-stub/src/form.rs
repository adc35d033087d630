//! Parameters as they come in the body of a request.

use std::collections::BTreeMap;

/// The parameters of a form body. Of a name that comes twice, the last counts.
pub(crate) fn parse(body: &[u8]) -> BTreeMap<String, String> {
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=').map(decode);
            (halves.next().unwrap_or_default(), halves.next().unwrap_or_default())
        })
        .collect()
}

/// The path of an address, in which a plus is one.
pub(crate) fn path(text: &str) -> String {
    decode(text.replace('+', "%2B").as_bytes())
}

fn decode(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        bytes.push(match (first, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high * 16 + low
                }
                _ => b'%',
            },
            (byte, _) => *byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_decoded() {
        let parsed = parse(b"Action=ListUsers&User%4Eame=a+b%2Fc%C3%BC&Empty=&Bare&Odd=100%");
        let expected = [("Action", "ListUsers"), ("Bare", ""), ("Empty", ""), ("Odd", "100%"), ("UserName", "a b/cü")];
        assert_eq!(parsed, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        assert!(parse(b"").is_empty());
        assert_eq!(path("reports/a+b%20c%3A"), "reports/a+b c:");
    }
}
