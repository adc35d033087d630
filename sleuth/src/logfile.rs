//! Log files of CloudTrail, read record by record: `{"Records":[…]}`, mostly as gzip. What is in memory at any time is one
//! window of the file, however large that is.

use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Deserializer, value::RawValue};

/// Most bytes that a file may unpack to: some times the 50 MB that CloudTrail writes at most
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>).
pub const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// Most bytes of one record: some times the 256 KB that there are at most (same source).
pub const MOST_RECORD_BYTES: usize = 4 * 1024 * 1024;
/// Bytes that are read at once.
const CHUNK: usize = 128 * 1024;

/// Why a file was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The bytes could not be had.
    #[error("it could not be read to its end: {0}")]
    Read(#[from] io::Error),
    /// It is larger than any log.
    #[error("it unpacks to more than {0} MiB")]
    TooLarge(u64),
    /// A record is larger than any.
    #[error("after {0} bytes: a record is larger than {most} MiB", most = MOST_RECORD_BYTES / 1024 / 1024)]
    RecordTooLarge(u64),
    /// It is not JSON.
    #[error("after {0} bytes: it is not JSON: {1}")]
    Json(u64, String),
    /// It is JSON, and no log.
    #[error("it is no log of CloudTrail: {0}")]
    NoLog(&'static str),
}

/// Gives every record of a file, as JSON, to `each`. Those before an error are given too.
pub fn read(source: impl Read, each: impl FnMut(&str)) -> Result<(), LogError> {
    read_up_to(MOST_BYTES, source, each)
}

fn read_up_to(most: u64, source: impl Read, each: impl FnMut(&str)) -> Result<(), LogError> {
    let mut source = BufReader::with_capacity(CHUNK, source);
    let packed = io::BufRead::fill_buf(&mut source)?.starts_with(&GZIP);
    if packed { records(most, MultiGzDecoder::new(source), each) } else { records(most, source, each) }
}

/// How gzip begins (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

fn records(most: u64, source: impl Read, mut each: impl FnMut(&str)) -> Result<(), LogError> {
    let mut window = Window { source, most, buffer: Vec::new(), start: 0, passed: 0, ended: false, broken: None };
    let mut found = false;
    window.expect(b'{')?;
    let mut more = window.peek()? != Some(b'}');
    while more {
        let name = window.value::<String>()?;
        window.expect(b':')?;
        if name == "Records" && window.peek()? == Some(b'[') {
            found = true;
            window.list(&mut each)?;
        } else {
            window.value::<IgnoredAny>()?;
        }
        more = window.goes_on(b'}')?;
    }
    if !found {
        return Err(LogError::NoLog("it has no list `Records`"));
    }
    match window.peek()? {
        None => Ok(()),
        Some(_) => Err(LogError::Json(window.passed, "something follows its end".to_owned())),
    }
}

/// The part of a file that is in memory.
struct Window<R> {
    source: R,
    /// Bytes that it may have.
    most: u64,
    buffer: Vec<u8>,
    /// Where in the buffer what was not dealt with begins.
    start: usize,
    /// Bytes dealt with.
    passed: u64,
    ended: bool,
    /// Why nothing more can be had, while what came before is dealt with.
    broken: Option<io::Error>,
}

impl<R: Read> Window<R> {
    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    fn pass(&mut self, bytes: usize) {
        self.start += bytes;
        self.passed += bytes as u64;
    }

    /// Reads on: as much again as there is, so that a long record is not looked at for each of its chunks.
    fn fill(&mut self) -> Result<(), LogError> {
        self.buffer.drain(..self.start.min(self.buffer.len()));
        self.start = 0;
        if let Some(error) = self.broken.take() {
            return Err(error.into());
        }
        let held = self.buffer.len();
        if held > MOST_RECORD_BYTES {
            return Err(LogError::RecordTooLarge(self.passed));
        }
        if self.passed + held as u64 > self.most {
            return Err(LogError::TooLarge(self.most / 1024 / 1024));
        }
        let wanted = held.max(CHUNK);
        let mut limited = (&mut self.source).take(wanted as u64);
        match limited.read_to_end(&mut self.buffer) {
            Ok(read) => self.ended = read < wanted,
            Err(error) if self.buffer.len() > held => self.broken = Some(error),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// The next byte that is no blank, which is left there; `None` at the end.
    fn peek(&mut self) -> Result<Option<u8>, LogError> {
        loop {
            let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
            match self.rest().iter().position(|byte| !blank(byte)) {
                Some(blanks) => {
                    self.pass(blanks);
                    return Ok(self.rest().first().copied());
                }
                None => {
                    self.pass(self.rest().len());
                    if self.ended {
                        return Ok(None);
                    }
                    self.fill()?;
                }
            }
        }
    }

    fn expect(&mut self, wanted: u8) -> Result<(), LogError> {
        match self.peek()? {
            Some(byte) if byte == wanted => {
                self.pass(1);
                Ok(())
            }
            _ => Err(self.unexpected(char::from(wanted))),
        }
    }

    /// Passes a comma, or the end of a list or object: whether another entry follows.
    fn goes_on(&mut self, end: u8) -> Result<bool, LogError> {
        let next = self.peek()?;
        if next != Some(b',') && next != Some(end) {
            return Err(self.unexpected(','));
        }
        self.pass(1);
        Ok(next == Some(b','))
    }

    fn unexpected(&self, wanted: char) -> LogError {
        let what = if self.rest().is_empty() { "it breaks off".to_owned() } else { format!("`{wanted}` is missing") };
        LogError::Json(self.passed, what)
    }

    /// A list of records.
    fn list(&mut self, each: &mut impl FnMut(&str)) -> Result<(), LogError> {
        self.expect(b'[')?;
        if self.peek()? == Some(b']') {
            return self.expect(b']');
        }
        loop {
            self.peek()?;
            self.with_value(|record: &RawValue| each(record.get()))?;
            if !self.goes_on(b']')? {
                return Ok(());
            }
        }
    }

    fn value<T: for<'a> Deserialize<'a>>(&mut self) -> Result<T, LogError> {
        self.peek()?;
        let mut kept = None;
        self.with_value(|raw: &RawValue| kept = Some(serde_json::from_str(raw.get())))?;
        let value = kept.unwrap_or_else(|| Err(serde::de::Error::custom("nothing is there")));
        value.map_err(|error: serde_json::Error| LogError::Json(self.passed, error.to_string()))
    }

    /// Looks at the value that comes next, and passes it.
    fn with_value(&mut self, look: impl FnOnce(&RawValue)) -> Result<(), LogError> {
        loop {
            let rest = self.rest();
            let mut values = Deserializer::from_slice(rest);
            match <&RawValue>::deserialize(&mut values) {
                // A number at the end of the window may go on.
                Ok(raw) if raw.get().len() < rest.len() || self.ended => {
                    let length = raw.get().len();
                    look(raw);
                    self.pass(length);
                    return Ok(());
                }
                Err(error) if !error.is_eof() || self.ended => {
                    return Err(LogError::Json(self.passed, error.to_string()));
                }
                Ok(_) | Err(_) => self.fill()?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    /// The records of a file, and how reading it ended.
    fn all(source: impl Read) -> (Vec<String>, Result<(), String>) {
        let mut found = Vec::new();
        let ended = read(source, |record| found.push(record.to_owned()));
        (found, ended.map_err(|error| error.to_string()))
    }

    /// A file that gives a byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let one = buffer.len().min(1);
            self.0.read(buffer.get_mut(..one).unwrap())
        }
    }

    #[test]
    fn records_are_given_one_by_one_packed_or_not() {
        let text = br#" { "version" : 1, "Records" : [ {"a":"x,]}"} , {"b":[1,{"c":"\"}"}]},7,null ] , "more":[{}] } "#;
        let records = vec![r#"{"a":"x,]}"}"#, r#"{"b":[1,{"c":"\"}"}]}"#, "7", "null"];
        let wanted = (records.into_iter().map(ToOwned::to_owned).collect(), Ok(()));
        assert_eq!(all(&text[..]), wanted);
        assert_eq!(all(Slow(text)), wanted);
        assert_eq!(all(&gzip(text)[..]), wanted);
        // CloudTrail may put several members into a file.
        let members = [gzip(&text[..30]), gzip(&text[30..])].concat();
        assert_eq!(all(&members[..]), wanted);
        assert_eq!(all(&br#"{"Records":[]}"#[..]), (vec![], Ok(())));
    }

    #[test]
    fn what_stands_before_a_break_is_given() {
        let broken = |bytes: &[u8]| all(bytes);
        let (found, ended) = broken(br#"{"Records":[{"a":1},{"b":"#);
        assert_eq!(found, [r#"{"a":1}"#]);
        assert!(ended.unwrap_err().starts_with("after 20 bytes: it is not JSON: EOF"));
        let (found, ended) = broken(br#"{"Records":[{"a":1} {"b":2}]}"#);
        assert_eq!((found.len(), ended.unwrap_err().as_str()), (1, "after 20 bytes: it is not JSON: `,` is missing"));
        let packed = gzip(&[br#"{"Records":[{"a":1},"#.as_slice(), &vec![b' '; 300_000]].concat());
        let (found, ended) = broken(&packed[..packed.len() - 9]);
        assert_eq!(found.len(), 1);
        assert!(ended.unwrap_err().starts_with("it could not be read to its end: "));
        // However short it is.
        let packed = gzip(br#"{"Records":[{"a":1},{"b":2}]}"#);
        let (found, ended) = broken(&packed[..packed.len() - 9]);
        assert_eq!(found.first().map(String::as_str), Some(r#"{"a":1}"#));
        assert!(ended.unwrap_err().starts_with("it could not be read to its end: "));
    }

    #[test]
    fn what_is_no_log_is_said() {
        let said = |bytes: &[u8]| all(bytes).1.unwrap_err();
        assert_eq!(said(b""), "after 0 bytes: it is not JSON: it breaks off");
        assert_eq!(said(b"hello"), "after 0 bytes: it is not JSON: `{` is missing");
        assert_eq!(said(b"[]"), "after 0 bytes: it is not JSON: `{` is missing");
        assert_eq!(said(br#"{"Event":"x"}"#), "it is no log of CloudTrail: it has no list `Records`");
        assert_eq!(said(br#"{"Records":{}}"#), "it is no log of CloudTrail: it has no list `Records`");
        assert_eq!(said(br#"{"Records":[]} {"#), "after 15 bytes: it is not JSON: something follows its end");
        assert!(said(b"\x1f\x8bnot gzip").starts_with("it could not be read to its end: "));
        assert!(said(b"{\"Records\":[{\"a\":\"\xff\"}]}").contains("invalid unicode"));
    }

    #[test]
    fn long_records_are_read_and_endless_ones_are_not() {
        let of = |bytes: usize| format!(r#"{{"Records":[{{"a":"{}"}}]}}"#, "x".repeat(bytes));
        let (found, ended) = all(of(MOST_RECORD_BYTES - 100).as_bytes());
        assert_eq!((found.len(), ended), (1, Ok(())));
        let (found, ended) = all(Slow(of(3 * CHUNK).as_bytes()));
        assert_eq!((found.len(), ended), (1, Ok(())));
        let said = "after 12 bytes: a record is larger than 4 MiB";
        let endless = br#"{"Records":[{"a":""#.chain(io::repeat(b'x'));
        assert_eq!(all(endless), (vec![], Err(said.to_owned())));
        let deep = br#"{"Records":["#.chain(io::repeat(b'['));
        assert_eq!(all(deep), (vec![], Err(said.to_owned())));
    }

    #[test]
    fn file_that_unpacks_without_end_is_given_up() {
        let blanks = vec![b' '; 4 * 1024 * 1024];
        let bomb = gzip(&[br#"{"Records":[{},"#.as_slice(), &blanks].concat());
        assert!(bomb.len() < blanks.len() / 100, "{}", bomb.len());
        let mut found = 0;
        let ended = read_up_to(1024 * 1024, &bomb[..], |_| found += 1);
        assert_eq!((found, ended.unwrap_err().to_string().as_str()), (1, "it unpacks to more than 1 MiB"));
    }
}
