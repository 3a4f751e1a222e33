# Diên Hồng in one image: the program with its pages inside, and the examples of the configuration.

FROM node:22-trixie-slim AS pages
WORKDIR /src/web
# The packages first: they change more rarely than the pages.
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
RUN npm run build

FROM rust:1.95-slim-trixie AS program
RUN apt-get update \
 && apt-get install -y --no-install-recommends cmake g++ make nasm \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
COPY --from=pages /src/web/dist web/dist
# Spans leave it only if its environment names a collector.
RUN cargo build --release --locked --package dienhong --features telemetry

FROM debian:trixie-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/dienhong --create-home dienhong
COPY --from=program /src/target/release/dienhong /usr/local/bin/dienhong
COPY config /etc/dienhong
USER dienhong
# Database, high-water mark, certificate, keys: all that must outlive the container.
VOLUME /var/lib/dienhong
# In a container, plain HTTP must listen on more than the loopback to be reached from outside of it.
ENV DIENHONG__HTTP__LISTEN=0.0.0.0:8080
# Plain HTTP, HTTPS, and picture and sound.
EXPOSE 8080/tcp 8443/tcp 5004/udp 5004/tcp
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s CMD ["bash", "-c", \
  "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && head -1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["dienhong"]
CMD ["serve", "--config", "/etc/dienhong/dienhong.toml", "--data", "/var/lib/dienhong"]
