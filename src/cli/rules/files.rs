//! Which rule files are meant.

use crate::{
    cli::exit::{Code, Failure},
    config::Config,
    rules::{Category, RuleFiles},
};
use clap::Args;
use std::path::PathBuf;

/// The files on the command line.
#[derive(Debug, Args)]
pub(super) struct FileArgs {
    /// A directory of rules, or single rule files; without any those of the
    /// configuration
    #[arg(value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// The category of single files [default: the name of the folder that a
    /// file is in]
    #[arg(long, requires = "paths", value_parser = super::category(), value_name = "CATEGORY")]
    category: Option<Category>,
}

impl FileArgs {
    /// The files that are meant.
    ///
    /// # Errors
    ///
    /// If a directory stands among other paths.
    pub(super) fn files(&self, config: &Config) -> Result<RuleFiles, Failure> {
        match self.paths.as_slice() {
            [] => Ok(of_config(config)),
            [dir] if dir.is_dir() => Ok(RuleFiles::of_dir(dir)),
            paths => match paths.iter().find(|path| path.is_dir()) {
                Some(dir) => {
                    let text = format!("{}: a directory is a set by itself", dir.display());
                    Err(Failure::new(Code::Usage, text))
                }
                None => Ok(RuleFiles::of_files(paths, self.category)),
            },
        }
    }

    /// Whether the files are a set as the service would load it.
    pub(super) fn is_whole_set(&self) -> bool {
        match self.paths.as_slice() {
            [] => true,
            [path] => path.is_dir(),
            _ => false,
        }
    }
}

/// The files that the service uses.
pub(super) fn of_config(config: &Config) -> RuleFiles {
    match &config.rules {
        Some(dir) => RuleFiles::of_dir(dir),
        None => RuleFiles::shipped(),
    }
}
