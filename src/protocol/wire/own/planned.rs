//! A session's program by a model of the server's own.

use super::{
    super::{
        Announcement, Described,
        programs::{Planned, PlannedProgram},
    },
    Hiding, Models,
};
use crate::{
    RequestError, Result, error::SessionError, nn::columns::ColumnInference, program::Plan, protocol::Deployment,
};

/// The program that was announced, with the weights of the model that it names.
pub(in crate::protocol::wire) fn read(announcement: &Announcement, models: &Models) -> Result<Box<dyn Planned>> {
    // Its weights are ones: the plan that the client has.
    let asked = Deployment::<ColumnInference>::from_bytes(&announcement.description)?;
    let name = asked.program.model().unwrap_or_default();
    let model = models.get(name)?;
    let program = ColumnInference::known(model.head(), asked.parameters.slots())?.of_server(name);
    if program.describe() != asked.program.describe() {
        let (expected, actual) = (model.shape().widths.clone(), asked.program.shape().widths.clone());
        return Err(SessionError::OtherModel { name: name.into(), expected, actual }.into());
    }
    let plan = Plan::of(&program, &asked.plan.chain)?;
    if plan.fingerprint() != asked.plan.fingerprint() {
        let [expected, actual] = [&asked.plan, &plan].map(|plan| format!("{:032x}", plan.fingerprint()));
        return Err(RequestError::OtherPlan { expected, actual }.into());
    }
    let hiding = Hiding::of(&plan)?;
    let deployment = Deployment { program: program.into(), plan, ..asked };
    Ok(Box::new(PlannedProgram::new(deployment, announcement.parts)?.hidden_by(hiding)))
}
