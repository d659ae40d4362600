//! Trainings whose server refreshes by itself.

use std::sync::Arc;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Announcement, Described, Host,
    description::{MOST_BYTES, bad},
    programs::{Granted, Limits, Planned, PlannedProgram, Sizes},
};
use crate::{
    RequestError, Result,
    backend::{Circuit, KeyLevels, SealEvaluator},
    error::SessionError,
    nn::{layout::Layout, training::Training},
    protocol::{BootstrapRequest, Bootstrapping, Deployment, TrainingDeployment},
    seal::{InsecureParameters, Parameters},
};

/// Its name in descriptions.
pub(super) const NAME: &str = "bootstrapped training";

/// The bytes, as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text<S = Parameters> {
    program: String,
    /// The description of the training.
    training: serde_json::Value,
    bootstraps: BootstrapRequest,
    /// The taller parameters.
    tall: S,
}

impl Announcement {
    /// Of a training that its server refreshes by bootstraps, for a server that is to keep up to `parts` batches at a time.
    ///
    /// # Errors
    /// As [`Deployment::to_bytes`].
    pub fn of_bootstrapped(
        deployment: &TrainingDeployment<Layout>,
        bootstrapping: &Bootstrapping,
        parts: usize,
    ) -> Result<Announcement> {
        let text = Text {
            program: NAME.into(),
            training: serde_json::from_slice(&deployment.to_bytes()?).map_err(bad)?,
            bootstraps: bootstrapping.request(),
            tall: bootstrapping.tall.clone(),
        };
        Ok(Announcement { description: serde_json::to_vec(&text).map_err(bad)?.into(), parts })
    }
}

impl Bootstrapping {
    /// What a client describes, with the training: that is planned anew, and the bootstraps follow from it.
    fn described<S>(bytes: &[u8]) -> Result<(Deployment<Training<Layout>>, Bootstrapping)>
    where
        S: DeserializeOwned + Into<Parameters>,
    {
        if bytes.len() > MOST_BYTES {
            let reason = format!("{} bytes, and at most {MOST_BYTES} are taken", bytes.len());
            return Err(RequestError::BadDescription { reason }.into());
        }
        let Text { program, training, bootstraps, tall } = serde_json::from_slice::<Text<S>>(bytes).map_err(bad)?;
        if program != NAME {
            let reason = format!("a {program}, where a {NAME} is expected");
            return Err(RequestError::BadDescription { reason }.into());
        }
        let tall = tall.into();
        let training = serde_json::to_vec(&training).map_err(bad)?;
        let training = match tall.security_bits() {
            0 => Deployment::<Training<Layout>>::insecure_from_bytes(&training)?,
            _ => Deployment::<Training<Layout>>::from_bytes(&training)?,
        };
        let bootstrapping = Bootstrapping::on(&training, &bootstraps, tall)?;
        Ok((training, bootstrapping))
    }
}

/// The program that was announced.
pub(super) fn read(announcement: &Announcement, insecure: bool) -> Result<Box<dyn Planned>> {
    let described = match insecure {
        true => Bootstrapping::described::<InsecureParameters>,
        false => Bootstrapping::described::<Parameters>,
    };
    let (deployment, bootstrapping) = described(&announcement.description)?;
    let training = PlannedProgram::new(deployment, announcement.parts)?;
    Ok(Box::new(PlannedBootstraps { training, bootstrapping }))
}

struct PlannedBootstraps {
    training: PlannedProgram<Training<Layout>>,
    bootstrapping: Bootstrapping,
}

impl Planned for PlannedBootstraps {
    fn parameters(&self) -> &Parameters {
        self.training.parameters()
    }

    fn keys(&self) -> &KeyLevels {
        self.training.keys()
    }

    fn sizes(&self) -> Sizes {
        self.training.sizes()
    }

    fn needs_public_key(&self) -> bool {
        false
    }

    fn bootstrapping(&self) -> Option<&Bootstrapping> {
        Some(&self.bootstrapping)
    }

    fn host(&self, circuit: &Arc<Circuit<SealEvaluator>>, granted: Granted<'_>) -> Result<Box<dyn Host>> {
        let Granted { refresh, encodings, checkpoints, team, .. } = granted;
        let refresh = refresh.ok_or(SessionError::NoBootstrapKeys)?;
        let host = self.training.byte_host(circuit, Limits { parts: self.training.parts(), encodings });
        Ok(Box::new(match (team.filter(|team| self.training.is_for(team.members())), checkpoints) {
            (Some(team), _) => host.with_refresh(refresh.with_team(team.clone())).with_team(team.clone()),
            (None, Some(folder)) => host.with_refresh(refresh).with_checkpoints(folder, Training::<Layout>::NAME),
            (None, None) => host.with_refresh(refresh),
        }))
    }
}
