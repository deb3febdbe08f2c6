import FoundationEssentials
import HummingbirdCore
public import Infold
import Logging
import NIOCore
public import NIOSSL
import Synchronization

/// The files that TLS needs.
public struct TLSFiles: Sendable, Hashable {
  /// The certificate, with those between it and the root, as PEM.
  public var certificate: String
  /// The private key, as PEM.
  public var key: String
  /// The certificates that a client's must come from, as PEM; `nil` where clients need none.
  public var clientAuthorities: String?

  /// Files.
  public init(certificate: String, key: String, clientAuthorities: String? = nil) {
    (self.certificate, self.key, self.clientAuthorities) = (certificate, key, clientAuthorities)
  }
}

/// TLS whose certificates may change while the server runs: connections that are opened from then on use the new ones.
public final class ReloadableTLS: Sendable {
  private struct State {
    var configuration: TLSConfiguration
    var context: NIOSSLContext
  }

  /// The files.
  public let files: TLSFiles
  private let state: Mutex<State>

  /// Reads the files.
  /// - Throws: `InfoldError` that names the file that cannot be used.
  public init(_ files: TLSFiles) throws(InfoldError) {
    self.files = files
    state = Mutex(try Self.state(files))
  }

  /// Reads the files again. Where they cannot be used, everything stays as it is.
  /// - Throws: As `init(_:)`.
  public func reload() throws(InfoldError) {
    let new = try Self.state(files)
    state.withLock { $0 = new }
  }

  /// What new connections use.
  public var context: NIOSSLContext { state.withLock { $0.context } }

  /// What the files said when they were read last.
  public var configuration: TLSConfiguration { state.withLock { $0.configuration } }

  /// What the files say.
  /// - Throws: As `init(_:)`.
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
      throw InfoldError(.malformedData, "has no certificate", file: files.certificate)
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
        .invalidArgument, "the certificate and the private key do not fit together", file: files.certificate)
    }
  }
}

/// Connections with TLS, whose certificates may change.
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
