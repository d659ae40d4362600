//! Each layout is timed in a process of its own: the peak memory is then its own, a step that the memory cannot hold
//! ends that process and not the run, and none finds caches and pools that another one left.

use std::{
    env, io,
    process::{Command, ExitStatus, Stdio},
};

use super::{
    error::ReproduceError,
    job::{Job, Timing},
    measure,
};

/// What became of a step.
pub enum Outcome {
    Timed(Timing),
    /// The system ended the process, as it does when memory runs out.
    Killed(String),
}

/// Times a step in another process of this program.
///
/// # Errors
/// `NoChild` when none can be started, `ChildFailed` with what it said when the step was refused or went wrong.
pub fn time(job: &Job) -> Result<Outcome, ReproduceError> {
    let no_child = |error: io::Error| ReproduceError::NoChild { reason: error.to_string() };
    let mut child = Command::new(env::current_exe().map_err(no_child)?)
        .args(["reproduce", "time-step"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(no_child)?;
    if let Some(stdin) = child.stdin.take() {
        // A child that ended already says why, below.
        let _ = serde_json::to_writer(stdin, job);
    }
    let output = child.wait_with_output().map_err(no_child)?;
    if output.status.success()
        && let Ok(timing) = serde_json::from_slice(&output.stdout)
    {
        return Ok(Outcome::Timed(timing));
    }
    match signal(output.status) {
        Some(signal) => Ok(Outcome::Killed(format!("the system ended it (signal {signal}); it may lack memory"))),
        None => Err(ReproduceError::ChildFailed {
            network: job.workload.network.clone(),
            layout: job.layout.clone().unwrap_or_else(|| "ours".into()),
            reason: String::from_utf8_lossy(&output.stderr).trim().trim_start_matches("error: ").into(),
        }),
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

/// The other side: reads the job from standard input, and writes the timing to standard output.
pub fn answer() -> anyhow::Result<()> {
    let job: Job = serde_json::from_reader(io::stdin())?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(job.threads).build()?;
    let timing = pool.install(|| measure::time(&job))?;
    serde_json::to_writer(io::stdout(), &timing)?;
    Ok(())
}
