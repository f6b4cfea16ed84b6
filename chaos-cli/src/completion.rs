//! `netfault completion`: a script that has the shell ask this program, and the answers.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::stdout;

use anyhow::{Context, Result};
use chaos_api::{Faults, Offer};
use clap_complete::Shell;
use clap_complete::engine::{CompletionCandidate, PathCompleter, ValueCompleter};
use clap_complete::env::{CompleteEnv, Shells};

use crate::{args, exit::Exit};

/// By this the shell says that it asks, and which one it is.
const ASKS: &str = "NETFAULT_COMPLETE";

/// Names the word that is asked for; where the shell names none it is the last one.
const INDEX: &str = "_CLAP_COMPLETE_INDEX";

const NAME: &str = "netfault";

/// Prints the script.
pub(crate) fn completion(shell: Shell) -> Result<Exit> {
    let shells = Shells::builtins();
    let shell = shell.to_string();
    let writer = shells
        .completer(&shell)
        .context("no script for this shell")?;
    writer.write_registration(ASKS, NAME, NAME, NAME, &mut stdout())?;
    Ok(Exit::Done)
}

/// Answers where a shell asks; then never returns.
pub(crate) fn answer() {
    CompleteEnv::with_factory(args::command)
        .var(ASKS)
        .complete();
}

/// What a word among those of a fault may become.
pub(crate) fn fault_words(current: &OsStr) -> Vec<CompletionCandidate> {
    let offers = Faults::offers(&words_before(env::args_os()));
    let offers = offers.into_iter().flat_map(|offer| match offer {
        Offer::Word(word, about) => {
            vec![CompletionCandidate::new(word).help(Some(about.into()))]
        }
        Offer::File => PathCompleter::file().complete(current),
    });
    let current = current.to_string_lossy();
    offers
        .filter(|offer| offer.get_value().to_string_lossy().starts_with(&*current))
        .collect()
}

/// The fault's words before the one that is asked for. The shell gives its own line behind `--`.
fn words_before(args: impl Iterator<Item = OsString>) -> Vec<String> {
    let line: Vec<_> = args.skip_while(|arg| arg != "--").skip(1).collect();
    let index = env::var(INDEX).ok().and_then(|index| index.parse().ok());
    let index = index.unwrap_or(line.len().saturating_sub(1));
    let before = line.into_iter().take(index);
    let parser = args::command().ignore_errors(true);
    let Ok(matches) = parser.try_get_matches_from(before) else {
        return Vec::new();
    };
    let verb = matches.subcommand().map(|(_, verb)| verb);
    let words = verb.and_then(|verb| verb.try_get_many::<String>("words").ok().flatten());
    let words: Vec<_> = words.into_iter().flatten().cloned().collect();
    args::split(&words).0
}
