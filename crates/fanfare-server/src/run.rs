//! `fanfare serve`: from a configuration to a running node and to its end.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use fanfare_hub::{Draft, HistoryLimits, Hub, MemoryEngine, MemoryLimits};
use fanfare_link::{Clock, Fallback, Front, LinkLimits, Settings, SystemClock, serve};

use crate::access::Guard;
use crate::allocator;
use crate::banner;
use crate::config::{self, Config, LogFormat, unit};
use crate::exit::Exit;
use crate::front::SubscriberFront;
use crate::node::Node;
use crate::service::Service;
use crate::stop::Stop;

/// Descriptors kept for everything that is not a client's connection: listeners, selectors, logs,
/// the standard streams, and connections that are being turned away.
const DESCRIPTORS_RESERVED: usize = 256;

/// Serves until told to stop.
///
/// # Errors
/// When the configuration is unsafe or the address cannot be listened on.
pub fn run(config: Config) -> anyhow::Result<Exit> {
    allocator::settle();
    config.refuse_unsafe()?;
    start_log(&config);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the control thread")?;
    runtime.block_on(serve_until_stopped(config))
}

async fn serve_until_stopped(config: Config) -> anyhow::Result<Exit> {
    // Before anything listens, so that no signal is lost.
    let mut stop = Stop::listen().context("cannot listen for signals")?;
    let address = config.server.listen;
    let node =
        start(config, None, |service| service).map_err(|error| cannot_listen(address, error))?;
    let address = node.link.address();
    tracing::info!(%address, "listening");
    say(&banner::text(&node.node.config, address));
    let clock = tick(&node.node);
    let memory = allocator::give_back(|| node.node.connections_ended());
    tokio::select! {
        () = stop.told() => {}
        never = clock => match never {},
        never = memory => match never {},
    }
    let grace = unit::format_duration(node.node.config.server.shutdown_grace);
    tracing::info!(%grace, "stopping; a second signal ends it at once");
    node.node.set_stopping();
    node.link.stop();
    let joined = tokio::task::spawn_blocking(move || node.link.join());
    tokio::select! {
        () = stop.told() => std::process::exit(Exit::Interrupted as i32),
        result = joined => result.context("the node did not stop in good order")?,
    }
    tracing::info!("stopped");
    Ok(Exit::Done)
}

/// Names another port where that helps: most often the server is running already.
fn cannot_listen(address: SocketAddr, error: io::Error) -> anyhow::Error {
    if error.kind() != ErrorKind::AddrInUse {
        return anyhow::Error::new(error).context(format!("cannot listen on {address}"));
    }
    let mut other = address;
    // After the last port comes 0: any that is free.
    other.set_port(address.port().wrapping_add(1));
    anyhow::anyhow!(
        "cannot listen on {address}: the port is in use already; another one: --listen {other}"
    )
}

/// A node that serves, with what its requests need.
pub(crate) struct Running {
    pub(crate) node: Arc<Node>,
    pub(crate) link: fanfare_link::Node,
}

/// Starts a node. `complete` makes of its own service what answers every request that the front
/// does not take.
///
/// # Errors
/// When the address cannot be listened on, or the machine gives no thread or descriptor.
pub(crate) fn start<F: Fallback + Send>(
    config: Config,
    guard: Option<Guard>,
    complete: impl FnOnce(Service) -> F,
) -> io::Result<Running> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let settings = settings(&config);
    let engine = MemoryEngine::new(memory_limits(&config), clock.now().wall);
    let subscribers_max = config
        .limits
        .subscribers_per_channel_max
        .map_or(0, usize::from);
    let hub = Hub::new(Arc::new(engine), subscribers_max);
    let node = Arc::new(Node::new(hub.clone(), config, guard, Arc::clone(&clock)));
    let front: Arc<dyn Front> = Arc::new(SubscriberFront::new(Arc::clone(&node)));
    let service = complete(Service::new(Arc::clone(&node)));
    let link = serve(&settings, &hub, &front, &service, &clock)?;
    node.set_shards(link.metrics());
    Ok(Running { node, link })
}

fn memory_limits(config: &Config) -> MemoryLimits {
    let limits = &config.limits;
    MemoryLimits {
        history: HistoryLimits {
            messages: limits.history_messages,
            age: limits.history_age,
            bytes: limits.history_bytes,
        },
        bytes_max: limits.memory_bytes_max,
        channels_max: limits.channels_max,
        idle: limits.channel_idle,
    }
}

fn settings(config: &Config) -> Settings {
    let limits = &config.limits;
    let link = LinkLimits {
        connections_max: limits
            .connections_max
            .map_or_else(connections_max, usize::from),
        head_bytes_max: limits.head_bytes_max,
        head_time: limits.head_time,
        keep_alive_time: limits.keep_alive_time,
        backlog_bytes_max: limits.backlog_bytes_max,
        send_buffer: limits.send_buffer,
        write_time: limits.write_time,
        channels_max: limits.channels_per_connection_max,
        ..LinkLimits::default()
    };
    Settings {
        listen: config.server.listen,
        shards: config.server.shards,
        limits: link,
        grace: config.server.shutdown_grace,
        channel_idle: limits.channel_idle,
    }
}

/// As many connections as this process may have descriptors.
fn connections_max() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let descriptors = limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    descriptors.saturating_sub(DESCRIPTORS_RESERVED).max(1)
}

/// Publishes the time on the clock channel while somebody listens.
async fn tick(node: &Node) -> std::convert::Infallible {
    let clock = &node.config.clock;
    if !clock.enabled {
        return std::future::pending().await;
    }
    let mut interval = tokio::time::interval(clock.every);
    loop {
        interval.tick().await;
        if node.hub.presence(&clock.channel) == 0 {
            continue;
        }
        let now = node.now();
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_millis(now.millis());
        let mut draft = Draft::new(format!("the time is {}", httpdate::fmt_http_date(time)));
        draft.content_type = Some("text/plain".into());
        if let Err(error) = node.hub.publish(&clock.channel, draft, now).await {
            tracing::warn!(%error, "cannot publish the time");
        }
    }
}

fn start_log(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::new(&config.server.log);
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(has_colours())
        .with_writer(io::stderr);
    // A second subscriber in one process happens in tests only; the first one stays.
    let _ = match config.server.log_format {
        LogFormat::Json => log.json().try_init(),
        LogFormat::Text => log.with_target(false).try_init(),
    };
}

/// Colours are for eyes: not for a file or a collector, and not for whoever has said so, see
/// <https://no-color.org>.
fn has_colours() -> bool {
    let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !is_unwanted
}

/// The banner is for people; nobody reading it is no reason to stop.
fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// `fanfare check`: the effective configuration and where each value comes from.
pub fn check(config: &Config, as_json: bool) -> Exit {
    let explanation = config.explain();
    if as_json {
        say(&format!("{}\n", explanation.to_json()));
    } else {
        say(&format!("{explanation}\n"));
    }
    match config.refuse_unsafe() {
        Ok(()) => Exit::Done,
        Err(refusal) => {
            let mut err = io::stderr().lock();
            // As for the banner.
            let _ = writeln!(err, "{refusal}");
            Exit::Refused
        }
    }
}

/// Loads the configuration that the command line names.
///
/// # Errors
/// [`config::Invalid`] lists everything that is wrong with it.
pub fn load(sources: &config::Sources<'_>) -> anyhow::Result<Config> {
    Ok(Config::load(sources)?)
}
