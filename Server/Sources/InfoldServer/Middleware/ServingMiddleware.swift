import CoreMetrics
import HTTPTypes
import Hummingbird
import InfoldServing
import NIOCore
import Synchronization

/// Applies access control, request IDs, metrics and the access log to every request.
struct ServingMiddleware: RouterMiddleware {
  typealias Context = ServerRequestContext

  private let authorization: (@Sendable (String?) -> Bool)?
  private let accessLog: AccessLog?
  private let counters: StatusCounters

  init(_ options: RESTServer.Options, _ registry: PrometheusRegistry) {
    (authorization, accessLog) = (options.authorization, options.accessLog)
    counters = StatusCounters(registry)
  }

  /// The paths that need no token, so that probes work, and the page can ask for a token.
  private static let open: Set<String> = PageRoutes.paths.union(["/v2/health/live", "/v2/health/ready"])

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let begin = ContinuousClock.now
    let requestID = request.headers[.requestID].flatMap(Self.checkedID) ?? RequestID().description
    var response = try await answer(request, context, next)
    response.headers[.requestID] = requestID
    counters.count(response.status.code)
    if let accessLog {
      accessLog.record(
        AccessLog.Entry(
          transport: "http", method: request.method.rawValue, path: request.uri.path, status: response.status.code,
          duration: ContinuousClock.now - begin, bytes: response.body.contentLength, requestID: requestID,
          traceParent: request.headers[.traceParent]))
    }
    return response
  }

  private func answer(
    _ request: Request, _ context: Context, _ next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    if let authorization, !Self.open.contains(request.uri.path), !authorization(request.headers[.authorization]) {
      return ServingError(.unauthenticated, "a valid bearer token is required").httpResponse
    }
    do {
      return try await next(request, context)
    } catch let error as HTTPError {
      let reason =
        error.body ?? "\(request.method.rawValue) \(request.uri.path.printable): \(error.status.reasonPhrase)"
      var response = Hummingbird.Response.json(error.status) { $0.member("error", reason) }
      for field in error.headers { response.headers[field.name] = field.value }
      return response
    }
  }

  /// The request ID of the client, if it is safe to log.
  private static func checkedID(_ id: String) -> String? {
    (1...128).contains(id.utf8.count) && id.utf8.allSatisfy({ (0x21..<0x7f).contains($0) }) ? id : nil
  }
}

extension HTTPField.Name {
  /// The trace that the request is part of.
  static let traceParent = HTTPField.Name("traceparent")!
}

/// Counts responses by status.
private final class StatusCounters: Sendable {
  private let registry: PrometheusRegistry
  private let counters = Mutex<[Int: Counter]>([:])

  init(_ registry: PrometheusRegistry) { self.registry = registry }

  func count(_ status: Int) {
    counters.withLock { counters in
      if let counter = counters[status] { return counter.increment() }
      let counter = Counter(
        label: "infold_http_responses_total", dimensions: [("code", "\(status)")], factory: registry)
      counters[status] = counter
      counter.increment()
    }
  }
}
