//! A simulated plant behind a Modbus TCP server, for rehearsals and for tests over real sockets.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_modbus::server::Service;
use tokio_modbus::server::tcp::Server;
use tokio_modbus::{ExceptionCode, Request, Response};

use super::plant::{AddressError, PlcFault, SimulatedPlant};
use super::registers::COMMAND_NUMBER;
use crate::clock::Moment;
use crate::serving::BackgroundServer;

/// How often the plant moves.
const TICK: Duration = Duration::from_millis(5);

/// A plant that several hold: the server moves it, a test looks at it.
#[derive(Debug, Clone)]
pub struct SharedPlant(Arc<Mutex<SimulatedPlant>>);

impl SharedPlant {
    /// Shares a plant.
    #[must_use]
    pub fn new(plant: SimulatedPlant) -> Self {
        Self(Arc::new(Mutex::new(plant)))
    }

    /// The plant, until the guard is dropped.
    pub fn lock(&self) -> MutexGuard<'_, SimulatedPlant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct ModbusServer(BackgroundServer);

impl ModbusServer {
    /// Listens at an address (port 0: any free one) and lets the plant run in real time.
    ///
    /// # Errors
    /// The address cannot be listened at, or no thread could be started.
    pub fn start(listen: &str, plant: SharedPlant) -> io::Result<Self> {
        let run = |listener| async move {
            tokio::spawn(let_time_pass(plant.clone()));
            serve(listener, plant).await;
        };
        BackgroundServer::start("simulated plc", listen, run).map(Self)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }
}

async fn let_time_pass(plant: SharedPlant) {
    let mut before = Moment::now();
    loop {
        tokio::time::sleep(TICK).await;
        let now = Moment::now();
        plant.lock().pass(now.since(before));
        before = now;
    }
}

async fn serve(listener: TcpListener, plant: SharedPlant) {
    let connected = |stream: TcpStream, _| {
        let plant = plant.clone();
        async move {
            // A socket without this option works too, only later.
            stream.set_nodelay(true).ok();
            let cut = Arc::new(AtomicBool::new(false));
            let wire = FaultyWire {
                stream,
                plant: plant.clone(),
                power_cuts: plant.lock().power_cuts(),
                cut: Arc::clone(&cut),
            };
            Ok(Some((PlantService { plant, cut }, wire)))
        }
    };
    let ended = |error| tracing::debug!("a connection to the simulated PLC ended: {error}");
    if let Err(error) = Server::new(listener).serve(&connected, ended).await {
        tracing::error!("simulated PLC stopped: {error}");
    }
}

/// Answers requests from the plant's registers.
struct PlantService {
    plant: SharedPlant,
    /// Set to break the connection.
    cut: Arc<AtomicBool>,
}

type Answer = Result<Option<Response>, ExceptionCode>;

impl Service for PlantService {
    type Request = Request<'static>;
    type Response = Option<Response>;
    type Exception = ExceptionCode;
    type Future = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn call(&self, request: Self::Request) -> Self::Future {
        let (plant, cut) = (self.plant.clone(), Arc::clone(&self.cut));
        Box::pin(async move {
            let power_cuts = plant.lock().power_cuts();
            if is_late(&plant.lock(), &request) {
                tokio::time::sleep(PlcFault::SLOW).await;
            }
            let mut plant = plant.lock();
            // What waited while power was off and on is gone.
            if plant.is_wrong(PlcFault::Silent) || plant.power_cuts() != power_cuts {
                return Ok(None);
            }
            let garbled = plant.is_wrong(PlcFault::Garbled);
            let loses_reply =
                plant.is_wrong(PlcFault::ReplyLost) && is_command_number(&plant, &request);
            let response = answer(&mut plant, request)?;
            if loses_reply {
                cut.store(true, Ordering::SeqCst);
                return Ok(None);
            }
            Ok(Some(if garbled { garble(response) } else { response }))
        })
    }
}

fn is_late(plant: &SimulatedPlant, request: &Request<'_>) -> bool {
    let writes = !matches!(request, Request::ReadHoldingRegisters(..));
    plant.is_wrong(PlcFault::Slow) || writes && plant.is_wrong(PlcFault::LateWrites)
}

fn is_command_number(plant: &SimulatedPlant, request: &Request<'_>) -> bool {
    matches!(request, Request::WriteSingleRegister(address, _) if plant.register(*address) == Some(COMMAND_NUMBER))
}

fn answer(plant: &mut SimulatedPlant, request: Request<'_>) -> Result<Response, ExceptionCode> {
    let refused = |_: AddressError| ExceptionCode::IllegalDataAddress;
    match request {
        Request::ReadHoldingRegisters(address, count) => plant
            .read(address, count)
            .map(Response::ReadHoldingRegisters)
            .map_err(refused),
        Request::WriteSingleRegister(address, word) => plant
            .write(address, &[word])
            .map(|()| Response::WriteSingleRegister(address, word))
            .map_err(refused),
        Request::WriteMultipleRegisters(address, words) => plant
            .write(address, &words)
            .map(|()| Response::WriteMultipleRegisters(address, words.len() as u16))
            .map_err(refused),
        _ => Err(ExceptionCode::IllegalFunction),
    }
}

/// Well-formed Modbus whose content is nonsense: wrong numbers in every second answer, too few in the others.
fn garble(response: Response) -> Response {
    match response {
        Response::ReadHoldingRegisters(words) if words.first().is_some_and(|w| w % 2 == 0) => {
            let wrong = words.iter().enumerate();
            let wrong = wrong.map(|(i, w)| w.rotate_left(7) ^ (i as u16).wrapping_mul(40_503));
            Response::ReadHoldingRegisters(wrong.collect())
        }
        Response::ReadHoldingRegisters(mut words) => {
            words.truncate(words.len() / 2);
            Response::ReadHoldingRegisters(words)
        }
        Response::WriteMultipleRegisters(address, count) => {
            Response::WriteMultipleRegisters(address ^ 0x55, count)
        }
        Response::WriteSingleRegister(address, word) => {
            Response::WriteSingleRegister(address, word ^ 0xff)
        }
        other => other,
    }
}

/// A socket that breaks while its plant drops connections, or when power was off.
#[derive(Debug)]
struct FaultyWire {
    stream: TcpStream,
    plant: SharedPlant,
    /// As they were counted when it was connected.
    power_cuts: u64,
    cut: Arc<AtomicBool>,
}

impl FaultyWire {
    fn check(&self) -> io::Result<()> {
        let plant = self.plant.lock();
        let was_off = plant.power_cuts() != self.power_cuts;
        if plant.is_wrong(PlcFault::Dropping) || was_off {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for FaultyWire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.cut.load(Ordering::SeqCst) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        match (read, self.check()) {
            (Poll::Ready(Ok(())), Err(dropped)) => Poll::Ready(Err(dropped)),
            (read, _) => read,
        }
    }
}

impl AsyncWrite for FaultyWire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
