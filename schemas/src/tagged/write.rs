//! Writing: the tag first, then the fields of the variant.

use std::fmt::Display;

use serde::ser::{Error, Impossible, Serialize, SerializeStruct, SerializeStructVariant, Serializer};

/// A serializer for one enum: what derived code writes as `{"variant": {fields}}` becomes `{tag: "variant", fields}`.
pub(crate) struct Writing<S> {
    tag: &'static str,
    /// Known once the enum said which variant it is; then its content follows.
    variant: Option<&'static str>,
    inner: S,
}

impl<S: Serializer> Writing<S> {
    /// Writes to `inner`; the variant is named by the field `tag`.
    pub(crate) const fn new(tag: &'static str, inner: S) -> Self {
        Self { tag, variant: None, inner }
    }

    fn open(
        self,
        name: &'static str,
        fields: usize,
        variant: &'static str,
    ) -> Result<S::SerializeStruct, S::Error> {
        let mut object = self.inner.serialize_struct(name, fields + 1)?;
        object.serialize_field(self.tag, variant)?;
        Ok(object)
    }
}

/// Everything that is no enum, and no content of a variant with names for its fields.
fn shapeless<T, E: Error>() -> Result<T, E> {
    Err(E::custom("only an enum whose variants have names for their fields has a tag"))
}

/// Methods that refuse a value which has no place for a tag.
macro_rules! refuse {
    ($($method:ident($($argument:ty),*) -> $ok:ident;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<Self::$ok, S::Error> {
            shapeless()
        })*
    };
}

impl<S: Serializer> Serializer for Writing<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Impossible<S::Ok, S::Error>;
    type SerializeTuple = Impossible<S::Ok, S::Error>;
    type SerializeTupleStruct = Impossible<S::Ok, S::Error>;
    type SerializeTupleVariant = Impossible<S::Ok, S::Error>;
    type SerializeMap = Impossible<S::Ok, S::Error>;
    type SerializeStruct = S::SerializeStruct;
    type SerializeStructVariant = Content<S::SerializeStruct>;

    fn serialize_unit_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.open(name, 0, variant)?.end()
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(Self { variant: Some(variant), ..self })
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.open(name, len, variant).map(Content)
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<S::SerializeStruct, S::Error> {
        match self.variant {
            Some(variant) => self.open(name, len, variant),
            None => shapeless(),
        }
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(self)
    }

    fn serialize_some<T: ?Sized + Serialize>(self, _: &T) -> Result<S::Ok, S::Error> {
        shapeless()
    }

    fn collect_str<T: ?Sized + Display>(self, _: &T) -> Result<S::Ok, S::Error> {
        shapeless()
    }

    refuse! {
        serialize_bool(bool) -> Ok;
        serialize_i8(i8) -> Ok;
        serialize_i16(i16) -> Ok;
        serialize_i32(i32) -> Ok;
        serialize_i64(i64) -> Ok;
        serialize_u8(u8) -> Ok;
        serialize_u16(u16) -> Ok;
        serialize_u32(u32) -> Ok;
        serialize_u64(u64) -> Ok;
        serialize_f32(f32) -> Ok;
        serialize_f64(f64) -> Ok;
        serialize_char(char) -> Ok;
        serialize_str(&str) -> Ok;
        serialize_bytes(&[u8]) -> Ok;
        serialize_none() -> Ok;
        serialize_unit() -> Ok;
        serialize_unit_struct(&'static str) -> Ok;
        serialize_seq(Option<usize>) -> SerializeSeq;
        serialize_tuple(usize) -> SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant;
        serialize_map(Option<usize>) -> SerializeMap;
    }
}

/// The fields of a variant, written into the object that holds the tag.
pub(crate) struct Content<S>(S);

impl<S: SerializeStruct> SerializeStructVariant for Content<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: ?Sized + Serialize>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), S::Error> {
        self.0.serialize_field(key, value)
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), S::Error> {
        self.0.skip_field(key)
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}
