//! Collections of values of one element type.

use crate::{
    PackingError, Result,
    backend::{Bound, Circuit, Evaluate},
    parallel,
};

/// The shape of a collection whose elements can have any type: slot vectors at the client, fresh ciphertexts in
/// transit, ciphertexts at the server, levels in a plan.
///
/// A record is a struct with its element type as parameter. [`record!`](crate::record) implements this trait for that
/// struct over `()`, which then represents the shape:
///
/// ```
/// use seal_nn::{Level, program::Record, record};
/// struct Batch<T> { inputs: Vec<T>, targets: T }
/// record!(Batch { inputs: many, targets: one });
///
/// let slots = Batch { inputs: vec![vec![1.0], vec![2.0]], targets: vec![3.0] };
/// let lengths = <Batch<()> as Record>::try_map(&slots, |slots| Ok::<_, seal_nn::Error>(slots.len()))?;
/// assert_eq!((lengths.inputs, lengths.targets), (vec![1, 1], 1));
/// assert_eq!(Batch::groups(&slots), [("inputs", 2), ("targets", 1)]);
/// # Ok::<(), seal_nn::Error>(())
/// ```
pub trait Record {
    /// The record with the given element type.
    type Of<T>;

    /// The fields with their numbers of elements, in the order in which [`try_map`](Record::try_map) visits them.
    fn groups<T>(of: &Self::Of<T>) -> Vec<(&'static str, usize)>;

    /// The record with every element mapped, or the first error.
    ///
    /// # Errors
    /// Any error of `f`.
    fn try_map<'a, T: 'a, U, X>(of: &'a Self::Of<T>, f: impl FnMut(&'a T) -> Result<U, X>) -> Result<Self::Of<U>, X>;

    /// All elements in order, without the record.
    fn into_items<T>(of: Self::Of<T>) -> Vec<T>;

    /// All elements in order.
    fn items<T>(of: &Self::Of<T>) -> Vec<&T> {
        let mut items = Vec::new();
        let visited: Result<_, std::convert::Infallible> = Self::try_map(of, |item| {
            items.push(item);
            Ok(())
        });
        match visited {
            Ok(_) => items,
        }
    }

    /// Like [`try_map`](Record::try_map), on all threads.
    ///
    /// # Errors
    /// Any error of `f`.
    fn par_try_map<T: Sync, U: Send>(
        of: &Self::Of<T>,
        f: impl Fn(&T) -> Result<U> + Send + Sync,
    ) -> Result<Self::Of<U>> {
        Self::with_items(of, parallel::try_map(Self::items(of), f)?)
    }

    /// A record of the shape of `of` with these elements, in the order in which [`items`](Record::items) lists them.
    ///
    /// # Errors
    /// `WrongCount` for another number of elements.
    fn with_items<T, U>(of: &Self::Of<T>, items: Vec<U>) -> Result<Self::Of<U>> {
        let (expected, actual) = (Self::items(of).len(), items.len());
        let wrong = || PackingError::WrongCount { what: "elements of a record".into(), expected, actual };
        if expected != actual {
            return Err(wrong().into());
        }
        let mut items = items.into_iter();
        Self::try_map(of, |_| items.next().ok_or_else(|| wrong().into()))
    }

    /// Maps every element together with the corresponding element of another record of the same shape.
    ///
    /// # Errors
    /// `WrongCount` if a field has another number of elements than in the other record; any error of `f`.
    fn try_zip<T, V, U>(
        of: &Self::Of<T>,
        other: &Self::Of<V>,
        mut f: impl FnMut(&T, &V) -> Result<U>,
    ) -> Result<Self::Of<U>> {
        Self::check_shape(other, of)?;
        let mut others = Self::items(other).into_iter();
        Self::try_map(of, |item| f(item, others.next().ok_or_else(|| too_few("record"))?))
    }

    /// Checks that every field has as many elements as in a record of the expected shape.
    ///
    /// # Errors
    /// `WrongCount`, which names the field.
    fn check_shape<T, V>(expected: &Self::Of<T>, actual: &Self::Of<V>) -> Result<()> {
        for ((what, expected), (_, actual)) in Self::groups(expected).into_iter().zip(Self::groups(actual)) {
            if expected != actual {
                return Err(PackingError::WrongCount { what: what.into(), expected, actual }.into());
            }
        }
        Ok(())
    }
}

/// Attaches declared bounds to a record. A bound that a level has no room for is an error that names the field.
pub(crate) fn declare_bounds<E: Evaluate, R: Record>(
    c: &Circuit<E>,
    record: R::Of<E::Ciphertext>,
    bounds: &R::Of<Option<Bound>>,
) -> Result<R::Of<E::Ciphertext>> {
    if R::items(bounds).into_iter().all(Option::is_none) {
        return Ok(record);
    }
    let mut names = names::<R, _>(&record).into_iter();
    R::try_zip(&record, bounds, |x, bound| {
        let name = names.next().unwrap_or_default();
        match bound {
            Some(bound) => c.declare_bound(&name, x.clone(), *bound),
            None => Ok(x.clone()),
        }
    })
}

/// Compares slots with declared bounds, for a client that is about to encrypt them.
pub(crate) fn check_bounds<R: Record>(slots: &R::Of<Vec<f64>>, bounds: &R::Of<Option<Bound>>) -> Result<()> {
    let mut names = names::<R, _>(slots).into_iter();
    R::try_zip(slots, bounds, |slots, bound| {
        let name = names.next().unwrap_or_default();
        bound.map_or(Ok(()), |bound| bound.check(&name, slots, 0.0))
    })?;
    Ok(())
}

/// The name of each element: that of its field, with an index if there are several.
fn names<R: Record, T>(of: &R::Of<T>) -> Vec<String> {
    let field = |(field, count): (&'static str, usize)| {
        (0..count).map(move |i| if count == 1 { field.into() } else { format!("{field}[{i}]") })
    };
    R::groups(of).into_iter().flat_map(field).collect()
}

fn too_few(what: &str) -> PackingError {
    PackingError::WrongCount { what: what.into(), expected: 1, actual: 0 }
}

/// One element.
impl Record for One {
    type Of<T> = T;

    fn groups<T>(_: &T) -> Vec<(&'static str, usize)> {
        vec![("value", 1)]
    }

    fn try_map<'a, T: 'a, U, X>(of: &'a T, mut f: impl FnMut(&'a T) -> Result<U, X>) -> Result<U, X> {
        f(of)
    }

    fn into_items<T>(of: T) -> Vec<T> {
        vec![of]
    }
}

/// The shape of a single value.
pub struct One;

/// No elements, for programs that keep, hold or receive nothing.
impl Record for () {
    type Of<T> = ();

    fn groups<T>((): &()) -> Vec<(&'static str, usize)> {
        Vec::new()
    }

    fn try_map<'a, T: 'a, U, X>((): &'a (), _: impl FnMut(&'a T) -> Result<U, X>) -> Result<(), X> {
        Ok(())
    }

    fn into_items<T>((): ()) -> Vec<T> {
        Vec::new()
    }
}

/// Implements [`Record`](crate::program::Record) for a struct over its element type. Every field holds `one` element,
/// `many` (a vector) or `maybe` one (an option).
#[macro_export]
macro_rules! record {
    ($name:ident { $($field:ident: $kind:ident),+ $(,)? }) => {
        impl $crate::program::Record for $name<()> {
            type Of<T> = $name<T>;

            fn groups<T>(of: &$name<T>) -> Vec<(&'static str, usize)> {
                vec![$((stringify!($field), $crate::record!(@count $kind of.$field))),+]
            }

            fn try_map<'a, T: 'a, U, X>(
                of: &'a $name<T>,
                mut f: impl FnMut(&'a T) -> ::std::result::Result<U, X>,
            ) -> ::std::result::Result<$name<U>, X> {
                Ok($name { $($field: $crate::record!(@map $kind of.$field, f)),+ })
            }

            fn into_items<T>(of: $name<T>) -> Vec<T> {
                let mut items = Vec::new();
                $($crate::record!(@move $kind of.$field, items);)+
                items
            }
        }
    };
    (@count one $field:expr) => {{
        let _ = &$field;
        1
    }};
    (@count many $field:expr) => { $field.len() };
    (@count maybe $field:expr) => { usize::from($field.is_some()) };
    (@move one $field:expr, $items:ident) => { $items.extend([$field]) };
    (@move many $field:expr, $items:ident) => { $items.extend($field) };
    (@move maybe $field:expr, $items:ident) => { $items.extend($field) };
    (@map one $field:expr, $f:ident) => { $f(&$field)? };
    (@map many $field:expr, $f:ident) => { $field.iter().map(&mut $f).collect::<::std::result::Result<_, X>>()? };
    (@map maybe $field:expr, $f:ident) => { $field.as_ref().map(&mut $f).transpose()? };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[derive(Clone, Debug, PartialEq)]
    struct Mixed<T> {
        one: T,
        many: Vec<T>,
        maybe: Option<T>,
    }
    record!(Mixed { one: one, many: many, maybe: maybe });

    fn mixed() -> Mixed<usize> {
        Mixed { one: 1, many: vec![2, 3], maybe: Some(4) }
    }

    #[test]
    fn elements_keep_their_places() {
        let doubled = Mixed { one: 2, many: vec![4, 6], maybe: Some(8) };
        assert_eq!(Mixed::items(&mixed()), [&1, &2, &3, &4]);
        assert_eq!(Mixed::into_items(mixed()), [1, 2, 3, 4]);
        assert_eq!(Mixed::try_map(&mixed(), |x| Ok::<_, Error>(2 * x)).unwrap(), doubled);
        assert_eq!(Mixed::par_try_map(&mixed(), |x| Ok(2 * x)).unwrap(), doubled);
        assert_eq!(Mixed::try_zip(&mixed(), &mixed(), |x, y| Ok(x + y)).unwrap(), doubled);
    }

    #[test]
    fn elements_are_taken_in_order_and_none_are_left() {
        assert_eq!(
            Mixed::with_items(&mixed(), vec!["a", "b", "c", "d"]).unwrap(),
            Mixed { one: "a", many: vec!["b", "c"], maybe: Some("d") }
        );
        for actual in [3, 5] {
            let refused = Mixed::with_items(&mixed(), vec![0; actual]).unwrap_err();
            let Error::Packing(PackingError::WrongCount { expected: 4, actual: found, .. }) = refused else {
                panic!("{refused}")
            };
            assert_eq!(found, actual);
        }
    }

    #[test]
    fn another_shape_is_refused_by_the_field_that_differs() {
        let other = Mixed { maybe: None, ..mixed() };
        let refused = Mixed::try_zip(&mixed(), &other, |x, _: &usize| Ok(*x)).unwrap_err();
        let Error::Packing(PackingError::WrongCount { what, expected: 0, actual: 1 }) = refused else {
            panic!("{refused}")
        };
        assert_eq!(what, "maybe");
    }
}
