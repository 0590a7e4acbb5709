//! The application against which Socket.IO clients of every generation are tested: echoes and
//! rooms, at one mount for each kind of client. The clients and their cases are in `tests/it`.
//!
//! `PORT=18100 cargo run`

mod core;
mod echo;
mod full;
mod museum;
mod protocol1;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{self, Next};
use axum::response::Response;
use fanfare_socketio::engine::{Cookie, Cors, EngineLayer, Origins, Refusal};
use fanfare_socketio::{Builder, Parser, Recovery, SocketIo};
use full::Reasons;
use tower_layer::layer_fn;

const PORT: u16 = 18100;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::var("PORT").map_or(Ok(PORT), |port| port.parse())?;
    let museum = museum::service("/sio06");
    let app = Router::new()
        .layer(echo::layer("/engine.io/", false))
        .layer(echo::layer("/eio3/", true))
        .layer(core_app()?)
        .layer(full_app(sio())?)
        .layer(full_app(recovering())?)
        .layer(full_app(msgpack())?)
        .layer(protocol1_app()?)
        .layer(layer_fn(move |inner| museum.clone().over(inner)))
        .layer(middleware::from_fn(with_address));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!(
        "socketio-contract is listening on http://{}",
        listener.local_addr()?
    );
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, service).await?)
}

/// Socket.IO learns where a request came from by an address in its extensions.
async fn with_address(
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(address);
    next.run(request).await
}

fn core_app() -> Result<EngineLayer, Box<dyn std::error::Error>> {
    let builder = SocketIo::builder()
        .ping(Duration::from_millis(300), Duration::from_millis(200))
        .connect_timeout(Duration::from_secs(1))
        .cors(echo::anybody());
    let (layer, io) = builder.build();
    io.of("/", core::handlers())?;
    io.of("/custom", core::handlers())?;
    Ok(layer)
}

fn sio() -> Builder {
    SocketIo::builder()
        .path("/sio/")
        .allow_eio3()
        .allow_protocol1()
        .ping(Duration::from_secs(1), Duration::from_secs(2))
        .connect_timeout(Duration::from_secs(2))
        .cors(Cors {
            origins: Origins::Mirror,
            credentials: true,
            guards_sockets: false,
        })
        .cookie(Cookie::default())
        .admit(|request| {
            let query = request.uri.query().unwrap_or_default();
            match query.split('&').any(|argument| argument == "deny=1") {
                true => Err(Refusal::Forbidden(Some("denied by contract".into()))),
                false => Ok(()),
            }
        })
}

fn patient(path: &str) -> Builder {
    SocketIo::builder()
        .path(path)
        .ping(Duration::from_secs(5), Duration::from_secs(5))
        .connect_timeout(Duration::from_secs(5))
}

fn recovering() -> Builder {
    patient("/sio-csr/").allow_eio3().recovery(Recovery {
        window: Duration::from_secs(3),
        ..Recovery::default()
    })
}

fn msgpack() -> Builder {
    patient("/sio-mp/").parser(Parser::Msgpack)
}

fn protocol1_app() -> Result<EngineLayer, Box<dyn std::error::Error>> {
    let builder = SocketIo::builder()
        .path("/sio09/")
        .allow_protocol1()
        .ping(Duration::from_secs(10), Duration::from_secs(5))
        .cors(echo::anybody())
        .mount(|mount| {
            mount.engine.poll_duration = Duration::from_secs(2);
            mount.engine.close_timeout = Duration::from_secs(25);
        });
    let (layer, io) = builder.state(Reasons::default()).build();
    io.of("/", protocol1::handlers())?;
    io.of("/custom", protocol1::handlers())?;
    io.of("/admin", protocol1::handlers().guard(full::only_with_token))?;
    io.of("/slow", protocol1::handlers().guard(full::after_a_while))?;
    Ok(layer)
}

fn full_app(builder: Builder) -> Result<EngineLayer, Box<dyn std::error::Error>> {
    let (layer, io) = builder.state(Reasons::default()).build();
    io.of("/", full::handlers())?;
    io.of("/custom", full::handlers())?;
    io.of("/admin", full::handlers().guard(full::only_with_token))?;
    io.of("/slow", full::handlers().guard(full::after_a_while))?;
    io.dynamic(|name, _auth| full::is_dynamic(name), full::handlers());
    Ok(layer)
}
