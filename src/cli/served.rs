//! Predictions by a model that the server has and this client does not.

use std::time::Instant;

use seal_nn::{
    backend::KeySwitching,
    data::Note,
    model::Card,
    protocol::{
        ColumnSession, Deployment, Infer, Session,
        wire::{Announcement, Hiding, Opening},
    },
    report::format,
};

use super::{costs::ordinary_seconds, notes, remote::Server, usage::UsageError};

/// The card of the model of that name, or of the only one.
pub fn card(server: &Server, wanted: Option<&str>) -> anyhow::Result<Card> {
    let models = server.models()?;
    let named = |name: &str| models.iter().find(|(found, _)| found == name);
    let found = match (wanted, &models[..]) {
        (Some(name), _) => named(name),
        (None, [one]) => Some(one),
        (None, _) => None,
    };
    let Some((name, card)) = found else {
        let names = models.into_iter().map(|(name, _)| name).collect();
        return Err(UsageError::ServedModel { wanted: wanted.map(str::to_owned), names }.into());
    };
    let card = Card::from_bytes(card)?;
    match card.name() == name {
        true => Ok(card),
        false => Err(anyhow::anyhow!("the server says that {name:?} is {:?}: ask whoever runs it", card.name())),
    }
}

/// A session with the server for its model, whose weights it keeps.
pub fn session(server: &Server, card: &Card, read: &[Note]) -> anyhow::Result<Box<dyn Infer>> {
    let deployment = Deployment::of_server_model(&card.shape()?, card.name(), &Default::default())?;
    let hiding = Hiding::of(&deployment.plan)?;
    let parameters = &deployment.parameters;
    let bits: Vec<String> = parameters.coeff_modulus_bits().iter().map(u32::to_string).collect();
    say!("model       {} of the server, {}", card.name(), shape(card));
    say!("packing     columns, the only one for a model of the server's; weights unknown: the server sees no rows");
    say!("parameters  N = {}, primes of {} bits", parameters.poly_modulus_degree(), bits.join(", "));
    say!("noise       {}", in_words(&hiding));
    notes::print(read);
    server.announce();
    let started = Instant::now();
    let (holder, keys) = deployment.make_keys(KeySwitching::default())?;
    let announced = vec![Announcement::of(&deployment, 0)?];
    let opening = Opening::with_public_key(announced, &keys, &holder.public_key()?)?;
    say!(
        "keys        {} sent to the server, with a public key, generated in {}",
        format::bytes(opening.keys.len() as u64),
        format::seconds(started.elapsed().as_secs_f64())
    );
    drop(keys);
    Ok(Box::new(ColumnSession::new(Session::on_channel(
        &deployment,
        holder,
        server.open(opening, ordinary_seconds(&deployment.plan))?,
    )?)))
}

/// Widths and activation.
pub fn shape(card: &Card) -> String {
    let widths: Vec<String> = card.widths().iter().map(usize::to_string).collect();
    match card.widths().len() {
        2 => format!("network {}", widths.join("-")),
        _ => format!("network {}, activation {}", widths.join("-"), card.activation()),
    }
}

/// What is added to answers, and what it leaves.
pub fn in_words(hiding: &Hiding) -> String {
    format!(
        "{:.1} bits in each coefficient of an answer, added by the server: logits of size 1 keep {} bits",
        hiding.noise_bits(),
        hiding.precision_bits()
    )
}
