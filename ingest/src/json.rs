//! JSON of strangers, read safely.
//!
//! Refused are: what is not UTF-8, NUL bytes, nesting deeper than [`MAX_DEPTH`], the same key twice (two
//! readers would see two messages), numbers beyond 64 bits (they would silently become others), and more
//! values than [`MAX_NODES`]. Depth is checked on the way down, so no nesting reaches the stack's end.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;

use pantau_schemas::dead_letter::Reason;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::fault::Fault;
use crate::tree::{Object, Tree};

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
pub fn read(bytes: &[u8], limit: usize) -> Result<Tree<'_>, Fault> {
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

    /// Runs `read` one step further, at a key or an index. Only when it fails is its place written down, from the
    /// innermost step outwards.
    fn step<T, E>(&self, at: impl fmt::Display, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        read().inspect_err(|_| self.at.borrow_mut().insert_str(0, &pointer("", &at.to_string())))
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
    type Value = Tree<'de>;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Tree<'de>, D::Error> {
        let nodes = self.context.nodes.get() + 1;
        if nodes > MAX_NODES {
            return Err(D::Error::custom(format_args!("more than {MAX_NODES} values")));
        }
        self.context.nodes.set(nodes);
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Tree<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Tree<'de>, E> {
        Ok(Tree::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Tree<'de>, E> {
        Ok(Tree::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(value.into()))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Tree<'de>, E> {
        if value.abs() >= TOO_LARGE {
            return Err(E::custom("a number beyond 64 bits"));
        }
        Number::from_f64(value).map(Tree::Number).ok_or_else(|| E::custom("a number that is not finite"))
    }
    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Borrowed(value)))
    }
    fn visit_str<E>(self, value: &str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Owned(value.to_owned())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = self.context.step(list.len(), || items.next_element_seed(inner))? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Tree<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut object = Object::new();
        while let Some(key) = items.next_key_seed(Key)? {
            let value = self.context.step(&key, || {
                if object.contains_key(&key) {
                    return Err(A::Error::custom("the same key twice"));
                }
                items.next_value_seed(inner)
            })?;
            object.insert(key, value);
        }
        Ok(Tree::Object(object))
    }
}

/// A key of an object.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Cow<'de, str>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(key))
    }
    fn visit_str<E>(self, key: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

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
        assert_eq!(read(b"18446744073709551615", 99).unwrap().as_u64(), Some(u64::MAX));
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
            if let Ok(tree) = read(text.as_bytes(), 1000) {
                prop_assert_eq!(Value::from(&tree), serde_json::from_str::<Value>(&text).unwrap());
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            drop(read(&bytes, 1000));
        }
    }
}
