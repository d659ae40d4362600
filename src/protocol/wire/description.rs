//! A deployment in bytes, from which another process makes the same.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    super::{Deployment, TrainingDeployment},
    size::Size,
};
use crate::{
    RequestError, Result,
    nn::layout::Layout,
    program::{Program, Record},
    seal::{Ciphertext, InsecureParameters, Parameters},
};

/// A program that can be described, and made again from the description, and whose messages have bytes.
pub trait Described:
    Program<
        Part: Serialize + DeserializeOwned,
        Call: Serialize + DeserializeOwned,
        Kept: Record<Of<Ciphertext>: Send>,
        Held: Record<Of<Ciphertext>: Send>,
    > + Sized
{
    /// All that decides the program beside the number of slots.
    type Description: Serialize + DeserializeOwned;
    /// Its name in descriptions.
    const NAME: &'static str;

    /// What it is.
    fn describe(&self) -> Self::Description;

    /// How much there would be to plan: a server looks at it before it makes a stranger's program.
    fn size(description: &Self::Description) -> Size;

    /// The program for a number of slots.
    ///
    /// # Errors
    /// What the program refuses.
    fn from_description(description: &Self::Description, slots: usize) -> Result<Self>;

    /// The part of the data that takes the most ciphertexts; `None` if the program keeps none.
    fn largest_part(&self) -> Option<Self::Part> {
        self.rehearsal().parts.into_iter().next()
    }

    /// Calls, one of which takes the most ciphertexts of all.
    fn largest_calls(&self) -> Vec<Self::Call> {
        self.rehearsal().calls
    }
}

/// The bytes, as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text<D, S = Parameters> {
    version: u32,
    program: String,
    description: D,
    parameters: S,
    /// [`Plan::fingerprint`](crate::program::Plan::fingerprint), in hexadecimal digits.
    plan: String,
}

/// Goes up whenever an older program would read the text otherwise.
const VERSION: u32 = 1;
/// No description is longer: its longest part is the list of primes.
pub(super) const MOST_BYTES: usize = 1 << 16;

impl<P: Described> Deployment<P> {
    /// A description, from which [`from_bytes`](Deployment::from_bytes) makes the same deployment elsewhere. Parameters
    /// without 128-bit security do not come back.
    ///
    /// # Errors
    /// `BadDescription` for what JSON cannot say.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let text = Text {
            version: VERSION,
            program: P::NAME.into(),
            description: self.program.describe(),
            parameters: self.parameters.clone(),
            plan: format!("{:032x}", self.plan.fingerprint()),
        };
        Ok(serde_json::to_vec(&text).map_err(bad)?)
    }

    /// Makes the deployment that was described: the program and its plan are made anew, and the plan is compared with that
    /// of the other side by its fingerprint.
    ///
    /// # Errors
    /// `BadDescription` for bytes that are no description of such a program; `OtherPlan` when the plans differ, as those of
    /// different versions may; `TooLarge` for what takes long to plan; what program and plan refuse.
    pub fn from_bytes(bytes: &[u8]) -> Result<Deployment<P>> {
        Deployment::read::<Parameters>(bytes)
    }

    /// The same with parameters that need not be secure: for tests and experiments only.
    ///
    /// # Errors
    /// As [`from_bytes`](Deployment::from_bytes), but for the security of parameters.
    pub fn insecure_from_bytes(bytes: &[u8]) -> Result<Deployment<P>> {
        Deployment::read::<InsecureParameters>(bytes)
    }

    fn read<S: DeserializeOwned + Into<Parameters>>(bytes: &[u8]) -> Result<Deployment<P>> {
        if bytes.len() > MOST_BYTES {
            let reason = format!("{} bytes, and at most {MOST_BYTES} are taken", bytes.len());
            return Err(RequestError::BadDescription { reason }.into());
        }
        let Text { version, program, description, parameters, plan } =
            serde_json::from_slice::<Text<P::Description, S>>(bytes).map_err(bad)?;
        let parameters = parameters.into();
        if (version, program.as_str()) != (VERSION, P::NAME) {
            let reason =
                format!("version {version} of a {program}, where version {VERSION} of a {} is expected", P::NAME);
            return Err(RequestError::BadDescription { reason }.into());
        }
        P::size(&description).check(parameters.slots())?;
        let deployment = Deployment::on(parameters, |slots| P::from_description(&description, slots))?;
        let actual = format!("{:032x}", deployment.plan.fingerprint());
        match actual == plan {
            true => Ok(deployment),
            false => Err(RequestError::OtherPlan { expected: plan, actual }.into()),
        }
    }
}

impl TrainingDeployment<Layout> {
    /// The description of the training; the inference follows from it.
    ///
    /// # Errors
    /// As [`Deployment::to_bytes`].
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        self.training.to_bytes()
    }

    /// Makes the deployment that was described.
    ///
    /// # Errors
    /// As [`Deployment::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        TrainingDeployment::with_inference(Deployment::from_bytes(bytes)?)
    }
}

pub(super) fn bad(error: serde_json::Error) -> RequestError {
    RequestError::BadDescription { reason: error.to_string() }
}
