//! Tests of `proxy`.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn bytes_go_through_are_kept_and_are_lost_as_told() {
    let echo = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let proxy = Proxy::in_front_of(echo.local_addr().unwrap()).await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = echo.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    let mut client = TcpStream::connect(proxy.address).await.unwrap();
    let mut answer = [0; 2];
    client.write_all(b"hi").await.unwrap();
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"hi");

    proxy.stall();
    client.write_all(b"ho").await.unwrap();
    let silence = Duration::from_millis(100);
    let kept = tokio::time::timeout(silence, client.read_exact(&mut answer)).await;
    assert!(kept.is_err(), "it is kept");
    proxy.go_on();
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"ho");

    proxy.reset();
    assert!(client.read_exact(&mut answer).await.is_err());

    proxy.close();
    let mut refused = TcpStream::connect(proxy.address).await.unwrap();
    assert!(refused.read_exact(&mut answer).await.is_err());
    proxy.go_on();
    let mut client = TcpStream::connect(proxy.address).await.unwrap();
    client.write_all(b"hi").await.unwrap();
    client.read_exact(&mut answer).await.unwrap();
}
