//! The pages and the API as browsers and integrations meet them, over the real desk and database.

mod access;
mod api;
mod console;
mod jobs;
mod payment;
mod world;
mod yookassa;
