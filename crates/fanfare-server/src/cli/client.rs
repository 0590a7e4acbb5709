//! What every command needs that speaks to a server.

use clap::Args;
use http::Uri;

/// Which server to speak to.
#[derive(Debug, Clone, Args)]
pub struct ClientArgs {
    /// Server to speak to
    #[arg(
        long,
        value_name = "URL",
        env = "FANFARE_SERVER",
        hide_env_values = true,
        default_value = "http://127.0.0.1:7474",
        value_parser = server_url
    )]
    pub server: Uri,
}

/// Reads the address of a server: `http` or `https`, a host, at most a path behind.
fn server_url(text: &str) -> Result<Uri, String> {
    let uri = text.parse::<Uri>().ok().filter(|uri| {
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        is_http && uri.host().is_some_and(|host| !host.is_empty()) && uri.query().is_none()
    });
    uri.ok_or_else(|| "allowed is a URL such as http://127.0.0.1:7474".to_owned())
}
