import InfoldServer
import InfoldServerGRPC
import Logging
import NIOCertificateReloading
import NIOPosix
import NIOSSL

extension GRPCOptions {
  /// The options of REST, with another port.
  init(port: Int, _ rest: RESTServer.Options, _ eventLoops: MultiThreadedEventLoopGroup, _ logger: Logger) {
    self.init(host: rest.host, port: port, eventLoopGroup: eventLoops)
    tls = rest.tls.map { tls in
      TLS(
        certificates: ReloadedCertificates(tls: tls), clientCertificateAuthorities: tls.files.clientAuthorities)
    }
    authorizes = rest.authorization
    largestMessage = rest.limits.body
    connectionLimit = rest.connectionLimit
    receiveLimit = rest.timeouts.body
    didBeginListening = { port in
      logger.info("gRPC listens", metadata: ["host": "\(rest.host)", "port": "\(port)"])
    }
    guard let accessLog = rest.accessLog else { return }
    didAnswer = { call in
      accessLog.record(
        AccessLog.Entry(
          transport: "grpc", method: "POST", path: "/" + call.method, status: call.code, duration: call.duration,
          requestID: call.requestID, traceParent: call.traceParent))
    }
  }
}

/// The certificates of REST, which are reloaded together.
private struct ReloadedCertificates: CertificateReloader {
  let tls: ReloadableTLS

  var sslContextConfigurationOverride: NIOSSLContextConfigurationOverride {
    let configuration = tls.configuration
    var override = NIOSSLContextConfigurationOverride()
    override.certificateChain = configuration.certificateChain
    override.privateKey = configuration.privateKey
    return override
  }
}
