//! A relay inside an application.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use fanfare_hub::{
    ChannelInfo, ChannelName, Deletion, Draft, EngineError, Hub, JoinError, MemoryEngine,
    MemoryLimits, PageLimit, PublishError, Receipt, Start, Timestamp,
};

use crate::acceptor::Acceptor;
use crate::{Arrivals, Messages, Publisher, RelayConfig, Subscriber};

/// How long it is remembered when a channel was last asked for, after its last subscriber.
const IDLE: Duration = Duration::from_secs(60);

/// Channels and their messages, and the services that publishers and subscribers reach them by.
/// Cheap to clone; all clones are the same relay.
///
/// The application may publish and subscribe by itself, too: what goes in one way comes out every
/// way.
#[derive(Clone, Debug)]
pub struct Relay {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    hub: Hub,
    arrivals: Arc<Arrivals>,
    config: RelayConfig,
    /// Second in which the hub was last cleared of what has expired.
    collected: AtomicU64,
}

impl Relay {
    /// A relay that keeps its messages in memory: 256 MiB of them and 250,000 channels at most.
    pub fn new(config: RelayConfig) -> Self {
        let limits = MemoryLimits {
            history: config.history,
            ..MemoryLimits::default()
        };
        let engine = MemoryEngine::new(limits, now());
        Self::over(Hub::new(Arc::new(engine), 0), config)
    }

    /// A relay over a hub that others may use as well. Whoever made the hub need not call
    /// [`Hub::collect`]: the relay does, as it is used.
    pub fn over(hub: Hub, config: RelayConfig) -> Self {
        let shared = Shared {
            hub,
            arrivals: Arrivals::new(config.arriving_bytes_max),
            config,
            collected: AtomicU64::new(0),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The service for those who send messages. `acceptor` says to which channel, and refuses those
    /// who may not: **without a check there, everybody who reaches the service may publish**.
    pub fn publisher(&self, acceptor: impl Acceptor) -> Publisher {
        Publisher::new(self.clone(), acceptor)
    }

    /// The service for those who wait for messages. `acceptor` says of which channels.
    pub fn subscriber(&self, acceptor: impl Acceptor) -> Subscriber {
        Subscriber::new(self.clone(), acceptor)
    }

    /// Publishes a message. What the draft does not say of its history, the configuration does.
    ///
    /// # Errors
    /// [`PublishError`] says who must act. Nothing was published.
    ///
    /// # Cancel safety
    /// The message may have been published when the future is dropped.
    pub async fn publish(
        &self,
        channel: &ChannelName,
        mut draft: Draft,
    ) -> Result<Receipt, PublishError> {
        draft.history.get_or_insert_with(|| self.config().history);
        self.hub().publish(channel, draft, self.now()).await
    }

    /// Says what is known of a channel; `None` if nobody has used it lately.
    ///
    /// # Errors
    /// [`EngineError`] when the engine cannot be reached; try again.
    pub async fn info(&self, channel: &ChannelName) -> Result<Option<ChannelInfo>, EngineError> {
        self.hub().info(channel, self.now()).await
    }

    /// Deletes a channel: its messages are gone, its subscribers are told 410. Returns what there
    /// was.
    ///
    /// # Errors
    /// [`EngineError`] when the engine cannot be reached; try again.
    ///
    /// # Cancel safety
    /// The channel may have been deleted when the future is dropped.
    pub async fn delete(&self, channel: &ChannelName) -> Result<Option<ChannelInfo>, EngineError> {
        let Deletion { info, .. } = self.hub().delete(channel, self.now()).await?;
        Ok(info)
    }

    /// Listens to channels, each from its place on, as a `Stream`.
    ///
    /// # Errors
    /// [`JoinError`]: one of the channels does not let it in, and it is in none.
    pub fn subscribe(
        &self,
        places: impl IntoIterator<Item = (ChannelName, Start)>,
    ) -> Result<Messages, JoinError> {
        let admission = self.config().profile.admission(self.config().admission);
        let limit = PageLimit::default();
        let listener = self.hub().listen(places, admission, limit, self.now())?;
        Ok(Messages::new(listener))
    }

    /// The hub behind it.
    pub fn hub(&self) -> &Hub {
        &self.shared.hub
    }

    pub(crate) fn arrivals(&self) -> &Arc<Arrivals> {
        &self.shared.arrivals
    }

    /// How it serves.
    pub fn config(&self) -> &RelayConfig {
        &self.shared.config
    }

    /// What time it is. Once in a second that the relay is used, the hub is cleared of what has
    /// expired: while it is not used, nothing grows.
    pub(crate) fn now(&self) -> Timestamp {
        let now = now();
        let collected = &self.shared.collected;
        if collected.swap(now.seconds(), Ordering::Relaxed) != now.seconds() {
            self.hub().collect(now, IDLE);
        }
        now
    }
}

impl Default for Relay {
    fn default() -> Self {
        Self::new(RelayConfig::default())
    }
}

/// The clock of the machine.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this crate asks what time it is"
)]
pub(crate) fn now() -> Timestamp {
    SystemTime::now().into()
}
