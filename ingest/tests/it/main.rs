//! The ways in, against brokers we did not write and bytes nobody should send.

#[cfg(test)]
mod broker;
#[cfg(test)]
mod city;
#[cfg(test)]
mod consumer;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod fallback;
#[cfg(test)]
mod listener;
#[cfg(test)]
mod mqtt;
#[cfg(test)]
mod tls;
