//! docs/security.md: which modulus is secure at which degree.

use seal_nn::{
    Result, SealError,
    backend::{Circuit, Evaluate},
    program::{Function, Whole},
    protocol::{Deployment, ParameterRequest},
    seal::{Parameters, SecurityTable},
};

/// N and the columns of the page's first table: SEAL, 2018, 2024.
fn table() -> Vec<[usize; 4]> {
    let page = include_str!("../../docs/security.md");
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().parse().ok()).collect();
    let rows = page.lines().filter(|line| line.starts_with('|')).map(cells);
    rows.filter_map(|row: Option<Vec<usize>>| row?.try_into().ok()).collect()
}

/// Table 1 of the standard of 2018, for a uniform ternary secret at 128 bits, classical.
const STANDARD: [[usize; 2]; 6] = [[1024, 27], [2048, 54], [4096, 109], [8192, 218], [16384, 438], [32768, 881]];

#[test]
fn the_limits_in_use_are_those_of_the_standard() {
    let table = table();
    assert_eq!(table.len(), STANDARD.len());
    for ([degree, seal, standard, _], expected) in table.into_iter().zip(STANDARD) {
        assert_eq!([degree, standard], expected);
        let bits = vec![50; standard / 50 + 2];
        match Parameters::new(degree, &bits) {
            Err(SealError::TooManyBits { allowed, poly_modulus_degree, .. }) => {
                assert_eq!((poly_modulus_degree, allowed as usize), (degree, seal), "N = {degree}");
                assert_eq!(seal, standard, "N = {degree}: SEAL and the standard differ");
            }
            other => panic!("N = {degree}: {bits:?} gave {other:?}"),
        }
    }
}

/// The page says that they are stricter, by 1 to 13 bits.
#[test]
fn the_guidelines_of_2024_are_stricter() {
    for [degree, _, _, guidelines] in table() {
        assert_eq!(SecurityTable::Guidelines2024.modulus_bits(degree) as usize, guidelines);
    }
    let by: Vec<usize> = table().iter().map(|[_, seal, _, guidelines]| seal - guidelines).collect();
    assert_eq!(by, [1, 1, 3, 4, 8, 13]);
}

/// To the last bit, and not one more.
#[test]
fn a_chain_may_use_the_limit_and_no_more() {
    for (degree, bits) in [(2048, vec![27, 27]), (4096, vec![36, 36, 37]), (8192, vec![43, 43, 44, 44, 44])] {
        let parameters = Parameters::new(degree, &bits).unwrap();
        assert_eq!(parameters.security_bits(), 128);
        let limit = bits.iter().sum::<u32>();
        assert_eq!(parameters.total_bits(), limit);
        let mut more = bits;
        *more.last_mut().unwrap() += 1;
        let refused = Parameters::new(degree, &more);
        assert!(matches!(refused, Err(SealError::TooManyBits { requested, .. }) if requested == limit + 1));
    }
}

/// So many squares, one of the other.
struct Squares(usize);

impl Function for Squares {
    fn inputs(&self) -> usize {
        1
    }

    fn run<E: Evaluate>(&self, c: &Circuit<E>, inputs: &[E::Ciphertext]) -> Result<Vec<E::Ciphertext>> {
        Ok(vec![(0..self.0).try_fold(inputs[0].clone(), |x, _| c.square(&x))?])
    }
}

/// What is planned stays within the guidelines, or within SEAL's table if that is asked for, which has room for more.
#[test]
fn plans_stay_within_the_table_that_was_asked_for() {
    let bits = |security, depth| {
        let request = ParameterRequest { security, ..Default::default() };
        let parameters = Deployment::choose(&request, |_| Ok(Whole(Squares(depth)))).unwrap().parameters;
        assert!(security.check(&parameters).is_ok(), "{depth} levels: {parameters:?}");
        parameters.total_bits()
    };
    let differ = |&depth: &usize| bits(SecurityTable::Guidelines2024, depth) < bits(SecurityTable::Seal, depth);
    assert_eq!((1..=19).filter(differ).collect::<Vec<_>>(), [8]);
}

/// Primes that were asked for are held to it too.
#[test]
fn primes_beyond_the_guidelines_are_refused_unless_seal_s_table_is_asked_for() {
    let coeff_modulus_bits = Some(vec![50, 42, 42, 42, 42, 42, 42, 42, 42, 50]);
    let choose = |security| {
        let request =
            ParameterRequest { security, coeff_modulus_bits: coeff_modulus_bits.clone(), ..Default::default() };
        Deployment::choose(&request, |_| Ok(Whole(Squares(6)))).map(|found| found.parameters.total_bits())
    };
    match choose(SecurityTable::Guidelines2024) {
        Err(seal_nn::Error::Seal(SealError::TooManyBits { requested: 436, allowed: 430, .. })) => (),
        other => panic!("{other:?}"),
    }
    assert_eq!(choose(SecurityTable::Seal).unwrap(), 436);
}
