/// Certificates that openssl generated for these tests, valid for a hundred years and not trusted by any client:
/// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=localhost
/// -addext subjectAltName=DNS:localhost,IP:127.0.0.1`.
public enum TestCertificates {
  /// A certificate and its private key, as PEM.
  public struct Identity: Sendable {
    /// The certificate.
    public let certificate: String
    /// The private key.
    public let key: String
  }

  /// Of a server.
  public static let first = Identity(
    certificate: """
      -----BEGIN CERTIFICATE-----
      MIIBmzCCAUGgAwIBAgIUIY/FDQaiUtqdTqmtDkEozqfScKUwCgYIKoZIzj0EAwIw
      FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyOTIwMDcwN1oYDzIxMjYxMTA1
      MjAwNzA3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
      PQMBBwNCAAQrfaxmPPU1ZKDgsbiWb7pvPmrPrT15J47CXAEv6ZD1eZxiAvBqldrE
      iJLDdTBEiC/Y/kxEnv9oi7LEi4SB0Si7o28wbTAdBgNVHQ4EFgQUt0oiZTahkYYi
      Srrh5TMBsPOiIQwwHwYDVR0jBBgwFoAUt0oiZTahkYYiSrrh5TMBsPOiIQwwDwYD
      VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
      zj0EAwIDSAAwRQIhAOoDeHML12gF29rSNv9L1kKh2VsXIWfBtFy2SgvDy3fSAiBA
      dc2HR5Op4xwnF+GSwqJf8T25cVXZTbwdeHg308z4zQ==
      -----END CERTIFICATE-----

      """,
    key: """
      -----BEGIN PRIVATE KEY-----
      MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgj/t6U35zhK/GUJ+K
      rLAIpa5+AaU7ch4NXAYvnranwWKhRANCAAQrfaxmPPU1ZKDgsbiWb7pvPmrPrT15
      J47CXAEv6ZD1eZxiAvBqldrEiJLDdTBEiC/Y/kxEnv9oi7LEi4SB0Si7
      -----END PRIVATE KEY-----

      """)

  /// Of the same server, later.
  public static let second = Identity(
    certificate: """
      -----BEGIN CERTIFICATE-----
      MIIBmzCCAUGgAwIBAgIUZ6gW1SJrLz+aycO2m0E7Jh/jrs8wCgYIKoZIzj0EAwIw
      FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyOTIwMDcwN1oYDzIxMjYxMTA1
      MjAwNzA3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
      PQMBBwNCAATGw7sn3PjvWVAkg1PFl0vP5sNd02QJ4O983Sf05gvkSpgCLMaLBovI
      xPupbdutHPoCzeHmKVX1aS4y4kUwu9Tio28wbTAdBgNVHQ4EFgQUREXNLGuwxdzG
      6ZAmDCeayjdk0QYwHwYDVR0jBBgwFoAUREXNLGuwxdzG6ZAmDCeayjdk0QYwDwYD
      VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
      zj0EAwIDSAAwRQIgSC/NJ4MfqBGbK3fomqYy78ZYEHKVdoKaCpsMhnuOuaYCIQC5
      SDuvQx2JaTCtabRQ0feGGr3iTP1opr8RaHYppNeDKw==
      -----END CERTIFICATE-----

      """,
    key: """
      -----BEGIN PRIVATE KEY-----
      MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2AvnHrmP0KppY1dj
      D0vyy1+8h5Nx765IsksdiH+qrnGhRANCAATGw7sn3PjvWVAkg1PFl0vP5sNd02QJ
      4O983Sf05gvkSpgCLMaLBovIxPupbdutHPoCzeHmKVX1aS4y4kUwu9Ti
      -----END PRIVATE KEY-----

      """)

  /// Of a client.
  public static let client = Identity(
    certificate: """
      -----BEGIN CERTIFICATE-----
      MIIBnDCCAUGgAwIBAgIUSuY5Hwl8I6XpfvEfvtvffvVGJ+EwCgYIKoZIzj0EAwIw
      FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyOTIwMDcwN1oYDzIxMjYxMTA1
      MjAwNzA3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
      PQMBBwNCAAQP6KiMkKKH8f7yjjx8vRchHgdSFuB1FkSvU0i9adlB+5WxTIsOp+CN
      fZdq96dRM/bWq8/7+oC8Iq5tikFdlbJ2o28wbTAdBgNVHQ4EFgQU8dre1fxbLVNR
      UpZMbxVjYKipl5EwHwYDVR0jBBgwFoAU8dre1fxbLVNRUpZMbxVjYKipl5EwDwYD
      VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
      zj0EAwIDSQAwRgIhAL+ZvXG269lMGhyixPdu6NjeoCveTom6XfPvWvmoPFpbAiEA
      8shAVKZgwSs2yckdUpqQbC0Iy0xPDbSvbLjVtcyCqJY=
      -----END CERTIFICATE-----

      """,
    key: """
      -----BEGIN PRIVATE KEY-----
      MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDtyCYwo6sJ4gUeZ7
      beJTeXq+A4GGNU4zOo/QReFcNsShRANCAAQP6KiMkKKH8f7yjjx8vRchHgdSFuB1
      FkSvU0i9adlB+5WxTIsOp+CNfZdq96dRM/bWq8/7+oC8Iq5tikFdlbJ2
      -----END PRIVATE KEY-----

      """)
}
