//! Modbus TCP: the contract's registers over a socket.
//!
//! The only file of the client's side that names tokio: it runs its own small runtime, so that whoever holds the
//! link calls it like any other and every call ends within [`ModbusSettings::longest_wait`]. After an error that
//! leaves the conversation in doubt the connection is closed; another is tried after a pause that grows.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_modbus::client::{Client as _, Context, tcp};
use tokio_modbus::{Request, Response, Slave};

use super::contract::{Alarm, CommandSequence, PlcStatus, VisionState};
use super::link::{LinkError, PlcLink};
use super::registers::{
    self, ALARM, COMMAND_BODY, COMMAND_NUMBER, HEARTBEAT, RegisterError, RegisterMap,
    STATUS_REGISTERS,
};
use crate::clock::Moment;
use crate::sorting::SortCommand;

/// Where the actuator is and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModbusSettings {
    /// `host:port`.
    pub address: String,
    /// Modbus unit.
    pub unit: u8,
    /// Base address and word order.
    pub registers: RegisterMap,
    /// An answer that takes longer is none. seedgrade's own heartbeat must change every 200 ms, and a look takes
    /// two requests.
    pub longest_wait: Duration,
}

impl ModbusSettings {
    /// What an actuator on a network of its own keeps easily.
    pub const USUAL_WAIT: Duration = Duration::from_millis(150);
}

/// The pause before another connection is tried: it doubles up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// A connection to an actuator, or the attempt at one.
pub struct ModbusLink {
    settings: ModbusSettings,
    runtime: tokio::runtime::Runtime,
    context: Option<Context>,
    connections: u64,
    pause: Duration,
    next_attempt: Option<(Moment, String)>,
}

impl ModbusLink {
    /// A link that connects when it is first asked.
    ///
    /// # Errors
    /// The system gives no event queue.
    pub fn new(settings: ModbusSettings) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        Ok(Self {
            settings,
            runtime,
            context: None,
            connections: 0,
            pause: FIRST_PAUSE,
            next_attempt: None,
        })
    }

    fn connect(&mut self) -> Result<(), LinkError> {
        if self.context.is_some() {
            return Ok(());
        }
        let address = self.settings.address.clone();
        let now = Moment::now();
        if let Some((at, why)) = self.next_attempt.clone().filter(|(at, _)| *at > now) {
            let why = format!("{why}; next attempt in {} ms", at.since(now).as_millis());
            return Err(LinkError::NotConnected { address, why });
        }
        let wait = self.settings.longest_wait;
        let opened = self.runtime.block_on(async {
            match tokio::time::timeout(wait, open(&address)).await {
                Ok(opened) => opened.map_err(|error| error.to_string()),
                Err(_) => Err(format!("no connection within {} ms", wait.as_millis())),
            }
        });
        match opened {
            Ok(stream) => {
                let unit = Slave(self.settings.unit);
                self.context = Some(tcp::attach_slave(stream, unit));
                self.connections += 1;
                self.next_attempt = None;
                Ok(())
            }
            Err(why) => {
                self.back_off(&why);
                Err(LinkError::NotConnected { address, why })
            }
        }
    }

    fn back_off(&mut self, why: &str) {
        self.context = None;
        self.next_attempt = Some((Moment::now().later(self.pause), why.to_owned()));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// Sends a request and waits for its answer. Closes the connection where it is in doubt: an answer that is
    /// still on its way must not be taken for that of the next request.
    fn call(&mut self, request: Request<'_>) -> Result<Response, LinkError> {
        self.connect()?;
        let address = self.settings.address.clone();
        let wait = self.settings.longest_wait;
        let Some(context) = &mut self.context else {
            let why = "no connection".to_owned();
            return Err(LinkError::NotConnected { address, why });
        };
        let answered = self
            .runtime
            .block_on(async { tokio::time::timeout(wait, context.call(request)).await });
        let error = match answered {
            Ok(Ok(Ok(response))) => return Ok(response),
            Ok(Ok(Err(exception))) => LinkError::Exception {
                address,
                why: exception.to_string(),
            },
            Ok(Err(error)) => LinkError::Broken {
                address,
                why: error.to_string(),
            },
            Err(_) => LinkError::Silent {
                address,
                milliseconds: wait.as_millis(),
            },
        };
        self.back_off(&error.to_string());
        Err(error)
    }

    fn read(&mut self, register: u16, count: usize) -> Result<Vec<u16>, LinkError> {
        let address = self.settings.registers.address(register);
        match self.call(Request::ReadHoldingRegisters(address, count as u16))? {
            Response::ReadHoldingRegisters(words) if words.len() == count => Ok(words),
            Response::ReadHoldingRegisters(words) => {
                let (expected, found) = (count, words.len());
                self.doubted(RegisterError::Length { expected, found }.into())
            }
            other => self.mismatched(&other),
        }
    }

    fn write(&mut self, register: u16, words: &[u16]) -> Result<(), LinkError> {
        let address = self.settings.registers.address(register);
        match self.call(Request::WriteMultipleRegisters(address, words.into()))? {
            Response::WriteMultipleRegisters(at, count)
                if (at, usize::from(count)) == (address, words.len()) =>
            {
                Ok(())
            }
            other => self.mismatched(&other),
        }
    }

    fn write_one(&mut self, register: u16, word: u16) -> Result<(), LinkError> {
        let address = self.settings.registers.address(register);
        match self.call(Request::WriteSingleRegister(address, word))? {
            Response::WriteSingleRegister(at, written) if (at, written) == (address, word) => {
                Ok(())
            }
            other => self.mismatched(&other),
        }
    }

    fn mismatched<T>(&mut self, answer: &Response) -> Result<T, LinkError> {
        let address = self.settings.address.clone();
        let why = format!("an answer to something else came: {answer:?}");
        self.doubted(LinkError::Broken { address, why })
    }

    fn doubted<T>(&mut self, error: LinkError) -> Result<T, LinkError> {
        self.back_off(&error.to_string());
        Err(error)
    }
}

/// Connects without waiting to fill segments: requests are small and each is waited for.
async fn open(address: &str) -> std::io::Result<TcpStream> {
    let found: Vec<SocketAddr> = tokio::net::lookup_host(address).await?.collect();
    let stream = TcpStream::connect(found.as_slice()).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl PlcLink for ModbusLink {
    fn read_status(&mut self) -> Result<PlcStatus, LinkError> {
        let words = self.read(0, STATUS_REGISTERS)?;
        match self.settings.registers.status(&words) {
            Ok(status) => {
                self.pause = FIRST_PAUSE;
                Ok(status)
            }
            Err(error) => self.doubted(error.into()),
        }
    }

    fn read_own(&mut self) -> Result<(u16, Option<CommandSequence>), LinkError> {
        let words = self.read(HEARTBEAT, usize::from(COMMAND_NUMBER - HEARTBEAT) + 1)?;
        Ok(registers::own(&words))
    }

    fn write_presence(&mut self, heartbeat: u16, state: VisionState) -> Result<(), LinkError> {
        self.write(HEARTBEAT, &[heartbeat, state.number()])
    }

    fn write_alarm(&mut self, alarm: Alarm) -> Result<(), LinkError> {
        self.write_one(ALARM, alarm.number())
    }

    fn write_command_body(&mut self, command: &SortCommand) -> Result<(), LinkError> {
        let words = self.settings.registers.body_words(command);
        self.write(COMMAND_BODY, &words)
    }

    fn write_command_number(&mut self, number: CommandSequence) -> Result<(), LinkError> {
        self.write_one(COMMAND_NUMBER, number.number())
    }

    fn connection(&self) -> u64 {
        self.connections
    }
}
