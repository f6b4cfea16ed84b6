//! How answers are printed.

use clap::{Args as Group, ValueEnum};

/// How to print.
#[derive(Clone, Copy, Debug, Group)]
pub(crate) struct Output {
    /// The form of what goes to stdout
    #[arg(
        long = "output",
        short = 'o',
        value_enum,
        default_value_t,
        value_name = "FORM"
    )]
    pub(crate) format: Format,
    /// Print nothing to stderr but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    #[default]
    Table,
    Wide,
    Json,
    Yaml,
}
