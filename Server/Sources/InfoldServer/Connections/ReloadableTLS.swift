import FoundationEssentials
import HummingbirdCore
public import Infold
import Logging
import NIOCore
public import NIOSSL
import Synchronization

/// The files for TLS.
public struct TLSFiles: Sendable, Hashable {
  /// The certificate, followed by intermediate certificates, in PEM format.
  public var certificate: String
  /// The private key in PEM format.
  public var key: String
  /// The certificate authorities of client certificates in PEM format, or `nil` if clients need no
  /// certificate.
  public var clientAuthorities: String?

  /// Creates a set of files.
  public init(certificate: String, key: String, clientAuthorities: String? = nil) {
    (self.certificate, self.key, self.clientAuthorities) = (certificate, key, clientAuthorities)
  }
}

/// TLS certificates that can be replaced while the server runs. New connections use the new ones.
public final class ReloadableTLS: Sendable {
  private struct State {
    var configuration: TLSConfiguration
    var context: NIOSSLContext
  }

  /// The files.
  public let files: TLSFiles
  private let state: Mutex<State>

  /// Reads the files.
  /// - Throws: `InfoldError` with the path of the file that cannot be used.
  public init(_ files: TLSFiles) throws(InfoldError) {
    self.files = files
    state = Mutex(try Self.state(files))
  }

  /// Reads the files again. If they cannot be used, the previous certificates stay in use.
  /// - Throws: The errors of `init(_:)`.
  public func reload() throws(InfoldError) {
    let new = try Self.state(files)
    state.withLock { $0 = new }
  }

  /// The TLS context for new connections.
  public var context: NIOSSLContext { state.withLock { $0.context } }

  /// The configuration from the last successful read.
  public var configuration: TLSConfiguration { state.withLock { $0.configuration } }

  /// Reads a configuration from files.
  /// - Throws: The errors of `init(_:)`.
  public static func configuration(_ files: TLSFiles) throws(InfoldError) -> TLSConfiguration {
    func reading<Output>(_ path: String, _ what: String, _ body: () throws -> Output) throws(InfoldError) -> Output {
      guard FileManager.default.isReadableFile(atPath: path) else {
        throw InfoldError(.fileAccess, "cannot be read as \(what)", file: path)
      }
      do {
        return try body()
      } catch {
        throw InfoldError(.malformedData, "is not \(what)", file: path)
      }
    }
    let certificates = try reading(files.certificate, "certificates in PEM") {
      try NIOSSLCertificate.fromPEMFile(files.certificate)
    }
    guard !certificates.isEmpty else {
      throw InfoldError(.malformedData, "contains no certificate", file: files.certificate)
    }
    let key = try reading(files.key, "a private key in PEM") { try NIOSSLPrivateKey(file: files.key, format: .pem) }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    if let path = files.clientAuthorities {
      let authorities = try reading(path, "certificates in PEM") { try NIOSSLCertificate.fromPEMFile(path) }
      configuration.trustRoots = .certificates(authorities)
      configuration.certificateVerification = .noHostnameVerification
    }
    return configuration
  }

  private static func state(_ files: TLSFiles) throws(InfoldError) -> State {
    let configuration = try configuration(files)
    do {
      return State(configuration: configuration, context: try NIOSSLContext(configuration: configuration))
    } catch {
      throw InfoldError(
        .invalidArgument, "the certificate and the private key do not match", file: files.certificate)
    }
  }
}

/// A channel with reloadable TLS.
struct ReloadableTLSChannel<Base: ServerChildChannel>: ServerChildChannel {
  typealias Value = Base.Value

  let base: Base
  let tls: ReloadableTLS

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context))
    }.flatMap { base.setup(channel: channel, logger: logger) }
  }

  func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
