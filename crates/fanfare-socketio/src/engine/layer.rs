//! A mount as a tower layer.

use tower_layer::Layer;

use super::mount::EngineIo;
use super::service::EngineService;
use crate::over::Over;

/// Puts a mount in front of an application: `Router::layer` of axum, or whatever else takes tower's
/// layers. What is not under the mount's path goes on to the application.
#[derive(Clone, Debug)]
pub struct EngineLayer(EngineIo);

impl EngineIo {
    /// The mount as a layer.
    pub fn layer(&self) -> EngineLayer {
        EngineLayer(self.clone())
    }
}

impl<S> Layer<S> for EngineLayer {
    type Service = Over<EngineService, S>;

    fn layer(&self, inner: S) -> Self::Service {
        self.0.over(inner)
    }
}
