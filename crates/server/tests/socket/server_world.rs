//! A server with a hall and two sites, and clients of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use futures_util::{SinkExt, StreamExt};
use http_body_util::BodyExt as _;
use server::config::ServerConfig;
use server::http::{Scheme, router};
use server::start::{Server, StartOptions};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tower::ServiceExt as _;
use wire::{
    ClientKind, ClientMessage, Command, CommandId, ConferenceId, EndpointRole, Hello, Refusal, Revision, ServerMessage,
};

pub const PATIENCE: Duration = Duration::from_secs(15);

/// A feed of lamps.
pub type Feed = WebSocketStream<MaybeTlsStream<TcpStream>>;

const SERVER: &str = r#"
conferences = ["hop.toml"]
http.listen = "127.0.0.1:0"
https.enabled = false
media.listen = "127.0.0.1:0"
media.announce = ["127.0.0.1"]
[[operators]]
name = "lan"
role = "lead"
[[operators]]
name = "hoa"
role = "lead"
[[operators]]
name = "minh"
role = "assistant"
[[operators]]
name = "chu-toa"
role = "chair"
[[operators]]
name = "thu-ky"
role = "secretary"
[[operators]]
name = "ky-thuat"
role = "technician"
"#;
pub const CONFERENCE: &str = r#"
id = "hop"
title = "Họp"
sites = "sites.csv"
[hall]
slug = "dien-hong"
name = "Hội trường"
[[agenda]]
id = "mo"
title = "Mở đầu"
site = "cao-bang"
[[agenda]]
id = "ket"
title = "Kết luận"
"#;
pub const SITES: &str = "code,slug,name,full_name,region,column,row\n\
    04,cao-bang,Cao Bằng,Tỉnh Cao Bằng,Bắc,5,0\n\
    96,ca-mau,Cà Mau,Tỉnh Cà Mau,Nam,5,9\n";

pub struct ServerWorld {
    pub server: Server,
    passwords: BTreeMap<String, String>,
    pub folder: tempfile::TempDir,
}

impl ServerWorld {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("dienhong.toml"), SERVER).unwrap();
        Self::start_in(folder, BTreeMap::new(), CONFERENCE, SITES).await
    }

    /// Stops the server and starts it again with other files of its conference.
    pub async fn restart_with(self, conference: &str, sites: &str) -> Self {
        let Self { server, passwords, folder } = self;
        server.stop().await;
        Self::start_in(folder, passwords, conference, sites).await
    }

    async fn start_in(
        folder: tempfile::TempDir,
        mut passwords: BTreeMap<String, String>,
        conference: &str,
        sites: &str,
    ) -> Self {
        for (name, text) in [("hop.toml", conference), ("sites.csv", sites)] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let config = ServerConfig::load(&folder.path().join("dienhong.toml"), &BTreeMap::new()).unwrap();
        let options = StartOptions { data: folder.path().join("data"), demo: false };
        let server = Server::start(&config, &options).await.unwrap();
        passwords.extend(server.new_passwords().iter().map(|new| (new.name.clone(), new.password.clone())));
        Self { server, passwords, folder }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.addresses().http
    }

    pub async fn token(&self, site: &str, endpoint: EndpointRole) -> String {
        let tokens = self.server.app().access.tokens(&ConferenceId("hop".to_owned())).await.unwrap();
        let token = tokens.into_iter().find(|token| token.site.0 == site && token.endpoint == endpoint);
        token.unwrap().token
    }

    pub async fn cookie(&self, name: &str) -> String {
        let signed_in = self.server.app().access.sign_in(name, &self.passwords[name], None).await.unwrap();
        format!("{}={}", server::access::COOKIE_NAME, signed_in.cookie.reveal())
    }

    pub async fn open(&self, cookie: Option<&str>) -> Client {
        let mut request = format!("ws://{}{}", self.address(), wire::SOCKET_PATH).into_client_request().unwrap();
        if let Some(cookie) = cookie {
            request.headers_mut().insert("cookie", cookie.parse().unwrap());
        }
        let (stream, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        Client { stream }
    }

    /// A console of this operator, welcomed.
    pub async fn console(&self, name: &str) -> Client {
        self.console_on(name, "a device").await.0
    }

    /// A console of this operator on a device, with its welcome.
    pub async fn console_on(&self, name: &str, device: &str) -> (Client, wire::Welcome) {
        let cookie = self.cookie(name).await;
        let mut client = self.open(Some(&cookie)).await;
        let hello = Hello { device: device.to_owned(), ..hello(ClientKind::Console, None) };
        client.say(&ClientMessage::Hello(hello)).await;
        let welcome = client.welcomed().await;
        (client, welcome)
    }

    /// A page of a site, welcomed.
    pub async fn site(&self, site: &str) -> Client {
        let token = self.token(site, EndpointRole::Main).await;
        let mut client = self.open(None).await;
        client.say(&ClientMessage::Hello(hello(ClientKind::Site, Some(token)))).await;
        client.welcomed().await;
        client
    }

    /// A surface that acts for this operator: its number and its token.
    pub async fn surface(&self, operator: &str) -> (i64, String) {
        let access = &self.server.app().access;
        let conference = ConferenceId("hop".to_owned());
        let (surface, token) = access.create_surface(&conference, operator, "Bàn 1").await.unwrap();
        (i64::try_from(surface.id).unwrap(), token.reveal().to_owned())
    }

    /// Does an action by HTTP; the answer or the problem.
    pub async fn act(&self, action: &str, token: &str) -> Result<serde_json::Value, serde_json::Value> {
        let request = Request::post(format!("/api/v1/conferences/hop/actions/{action}"))
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        let answer = router(self.server.app().clone(), Scheme::Http).oneshot(request).await.unwrap();
        let status = answer.status();
        let body = serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap();
        if status.is_success() { Ok(body) } else { Err(body) }
    }

    /// A feed of lamps; `header`: with this token in the header.
    pub async fn feed(&self, header: Option<&str>) -> Result<Feed, tokio_tungstenite::tungstenite::Error> {
        let address = format!("ws://{}/api/v1/conferences/hop/tally/ws", self.address());
        let mut request = address.into_client_request().unwrap();
        if let Some(token) = header {
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        Ok(tokio_tungstenite::connect_async(request).await?.0)
    }

    pub async fn events(&self) -> Vec<wire::LoggedEvent> {
        let app = self.server.app();
        app.lobby.conference(None).unwrap().events(Revision(0), 1_000).await.unwrap()
    }
}

pub fn hello(client: ClientKind, token: Option<String>) -> Hello {
    Hello {
        protocol: wire::PROTOCOL_VERSION,
        client,
        token,
        conference: None,
        device: "a device".to_owned(),
        instance: None,
        since: None,
        deflate: false,
    }
}

pub struct Client {
    pub stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// Ids of commands are unique among all clients of a test.
static LAST_COMMAND: AtomicU64 = AtomicU64::new(0);

impl Client {
    pub async fn say(&mut self, message: &ClientMessage) {
        self.say_text(&serde_json::to_string(message).unwrap()).await;
    }

    pub async fn say_text(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    /// The next message of the server; none once it has closed.
    pub async fn next(&mut self) -> Option<ServerMessage> {
        loop {
            match tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("a message in time") {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(_)) | Err(Error::Protocol(_) | Error::Io(_))) | None => return None,
                Some(Ok(_)) => {}
                Some(Err(error)) => panic!("{error}"),
            }
        }
    }

    pub async fn until<T>(&mut self, wanted: impl Fn(ServerMessage) -> Option<T>) -> T {
        loop {
            let message = self.next().await.expect("the connection lives");
            if let Some(found) = wanted(message) {
                return found;
            }
        }
    }

    pub async fn welcomed(&mut self) -> wire::Welcome {
        match self.next().await {
            Some(ServerMessage::Welcome(welcome)) => *welcome,
            other => panic!("the welcome comes first, not {other:?}"),
        }
    }

    /// The reason of the end, which must come.
    pub async fn sent_away(&mut self) -> wire::ErrorCode {
        loop {
            match self.next().await {
                Some(ServerMessage::Error { code, fatal: true, .. }) => return code,
                Some(_) => {}
                None => panic!("closed without a reason"),
            }
        }
    }

    /// Sends a command without waiting for its answer.
    pub async fn send(&mut self, command: Command) -> CommandId {
        let id = CommandId(format!("command-{}", LAST_COMMAND.fetch_add(1, Ordering::Relaxed)));
        self.say(&ClientMessage::Command { id: id.clone(), seen: None, command, age_ms: 0, speaker: None }).await;
        id
    }

    pub async fn command(&mut self, command: Command) -> Result<Revision, Refusal> {
        let wanted = self.send(command).await;
        self.until(|message| match message {
            ServerMessage::Accepted { id, revision } if id == wanted => Some(Ok(revision)),
            ServerMessage::Refused { id, reason } if id == wanted => Some(Err(reason)),
            _ => None,
        })
        .await
    }
}
