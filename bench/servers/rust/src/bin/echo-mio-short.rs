fn main() -> std::io::Result<()> {
    bench::echo_mio::run::<true>()
}
