//! JSON of strangers, read safely.
//!
//! Refused are: what is not UTF-8, NUL bytes, nesting deeper than [`MAX_DEPTH`], the same key twice (two
//! readers would see two messages), numbers beyond 64 bits (they would silently become others), and more
//! values than [`MAX_NODES`]. Depth is checked on the way down, so no nesting reaches the stack's end.

use std::cell::{Cell, RefCell};
use std::fmt;

use pantau_schemas::dead_letter::Reason;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::fault::Fault;

/// Deepest nesting; NetJSON, the deepest schema here, needs 7.
pub const MAX_DEPTH: usize = 32;
/// Most values in one text; keeps the memory of a hostile 1 MiB (`[0,0,0…`) within a few megabytes.
pub const MAX_NODES: usize = 200_000;
/// Numbers from here on are beyond 64 bits.
const TOO_LARGE: f64 = 18_446_744_073_709_551_616.0;

/// Reads one JSON text of at most `limit` bytes.
///
/// # Errors
/// [`Fault`] with the reason `too_big`, `utf8` or `json`; its pointer says how far the reader came.
pub fn read(bytes: &[u8], limit: usize) -> Result<Value, Fault> {
    let text = text(bytes, limit)?;
    if text.trim_ascii().is_empty() {
        return Err(Fault::new(Reason::Json, "", "is empty"));
    }
    let context = Context::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Seed { context: &context, depth: 0 }.deserialize(&mut reader);
    let value = read.map_err(|error| context.fault(&error))?;
    reader.end().map_err(|error| Fault::new(Reason::Json, "", error.to_string()))?;
    Ok(value)
}

/// The bytes as text of at most `limit` bytes without NUL.
///
/// # Errors
/// As [`read`].
pub fn text(bytes: &[u8], limit: usize) -> Result<&str, Fault> {
    if bytes.len() > limit {
        let detail = format!("has {} bytes, at most {limit} are taken", bytes.len());
        return Err(Fault::new(Reason::TooBig, "", detail));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Fault::new(Reason::Utf8, "", format!("is not UTF-8 from byte {} on", error.valid_up_to()))
    })?;
    match text.find('\0') {
        Some(at) => Err(Fault::new(Reason::Json, "", format!("has a NUL at byte {at}"))),
        None => Ok(text),
    }
}

/// Appends a key to a JSON pointer.
pub(crate) fn pointer(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Where the reader is, and what else stopped it than the grammar.
#[derive(Default)]
struct Context {
    at: RefCell<String>,
    nodes: Cell<usize>,
}

impl Context {
    fn fault(&self, error: &serde_json::Error) -> Fault {
        Fault::new(Reason::Json, self.at.borrow().clone(), error.to_string())
    }

    /// Runs `read` with the pointer one step further; on failure the pointer stays there.
    fn step<T, E>(&self, key: &str, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let length = self.at.borrow().len();
        let longer = pointer(&self.at.borrow(), key);
        *self.at.borrow_mut() = longer;
        let value = read()?;
        self.at.borrow_mut().truncate(length);
        Ok(value)
    }
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    context: &'a Context,
    depth: usize,
}

impl Seed<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH}")));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;
    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        let nodes = self.context.nodes.get() + 1;
        if nodes > MAX_NODES {
            return Err(D::Error::custom(format_args!("more than {MAX_NODES} values")));
        }
        self.context.nodes.set(nodes);
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        if value.abs() >= TOO_LARGE {
            return Err(E::custom("a number beyond 64 bits"));
        }
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number that is not finite"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        loop {
            let index = list.len().to_string();
            match self.context.step(&index, || items.next_element_seed(inner))? {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(key) = items.next_key::<String>()? {
            self.context.step(&key, || {
                if map.contains_key(&key) {
                    return Err(A::Error::custom("the same key twice"));
                }
                let value = items.next_value_seed(inner)?;
                map.insert(key.clone(), value);
                Ok(())
            })?;
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reason(text: &str) -> Option<Reason> {
        read(text.as_bytes(), 1 << 20).err().map(|fault| fault.reason)
    }

    #[test]
    fn nesting_without_end_is_refused_and_the_stack_survives() {
        for open in ["[", "{\"a\":"] {
            assert_eq!(reason(&open.repeat(100_000)), Some(Reason::Json));
        }
        let deep = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(reason(&deep(MAX_DEPTH)), None);
        assert_eq!(reason(&deep(MAX_DEPTH + 1)), Some(Reason::Json));
    }

    #[test]
    fn a_key_given_twice_is_refused_with_its_place() {
        let fault = read(br#"{"a":[{"b":1},{"c~/d":1,"c~/d":2}]}"#, 99).unwrap_err();
        assert_eq!((fault.reason, fault.pointer.as_str()), (Reason::Json, "/a/1/c~0~1d"));
    }

    #[test]
    fn numbers_that_no_reader_agrees_on_are_refused() {
        for bad in
            ["1e400", "-1e400", "NaN", "Infinity", "-Infinity", "99999999999999999999999", "1e20", "01", "+1"]
        {
            assert_eq!(reason(bad), Some(Reason::Json), "{bad} was taken");
        }
        assert_eq!(read(b"18446744073709551615", 99).unwrap(), serde_json::json!(u64::MAX));
    }

    #[test]
    fn size_encoding_and_nul_have_their_own_reasons() {
        assert_eq!(read(b"[1,2]", 4).unwrap_err().reason, Reason::TooBig);
        assert_eq!(read(b"\"\xff\"", 99).unwrap_err().reason, Reason::Utf8);
        assert_eq!(read(b"{}\0", 99).unwrap_err().reason, Reason::Json);
        assert_eq!(read(b" \n", 99).unwrap_err().reason, Reason::Json);
        assert_eq!(reason(&format!("[{}0]", "0,".repeat(MAX_NODES))), Some(Reason::Json));
    }

    #[test]
    fn a_mac_in_a_key_does_not_reach_the_explanation() {
        let fault = read(br#"{"AC:84:C6:00:11:22":1,"AC:84:C6:00:11:22":2}"#, 99).unwrap_err();
        assert_eq!(fault.pointer, "/xx:xx:xx:xx:xx:xx");
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_what_the_usual_reader_reads(text in r#"[\[\]{}:,"a-c0-9.eE+\-tfn ]{0,60}"#) {
            if let Ok(value) = read(text.as_bytes(), 1000) {
                prop_assert_eq!(value, serde_json::from_str::<Value>(&text).unwrap());
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            drop(read(&bytes, 1000));
        }
    }
}
