import HTTPTypes
public import Hummingbird
import Infold
import InfoldEventLoops
import InfoldImage
public import InfoldServing
import NIOCore

/// The routes of a service, for a Hummingbird app.
///
/// ```swift
/// let router = Router()
/// InferenceRoutes(service).add(to: router)
/// ```
///
/// They implement the Open Inference Protocol V2 with the extensions for binary tensor data and the
/// model repository, the KServe V1 protocol, and `POST /v2/models/NAME/classify` for pictures.
public struct InferenceRoutes: Sendable {
  /// The limits of requests.
  public struct Limits: Sendable, Hashable {
    /// The maximum size of a body in bytes.
    public var body: Int
    /// The maximum number of pixels of a picture.
    public var pixels: Int

    /// Creates limits, by default 64 MiB and 50 megapixels.
    public init(body: Int = 64 << 20, pixels: Int = 50_000_000) {
      (self.body, self.pixels) = (body, pixels)
    }
  }

  /// The size of a text in bytes above which reading it would block an event loop too long.
  static let largeText = 1 << 16
  /// The number of elements above which writing them as text would.
  static let manyElements = 1 << 12

  let service: InferenceService
  let limits: Limits
  /// Limits the number of pictures decoded at a time.
  let decoding: TaskTurns

  /// Creates the routes of a service.
  public init(_ service: InferenceService, limits: Limits = Limits()) {
    (self.service, self.limits) = (service, limits)
    decoding = TaskTurns(places: service.scheduler.threads)
  }

  /// Adds the routes to a router.
  public func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
    addHealth(to: router)
    addModels(to: router)
    addClassifiers(to: router)
    addRepository(to: router)
    addVersion1(to: router)
  }

  private func addHealth<Context: RequestContext>(to router: some RouterMethods<Context>) {
    router.get("v2") { _, _ in
      let metadata = service.metadata
      return Response.json { writer in
        writer.member("name", metadata.name)
        writer.member("version", metadata.version)
        writer.member("extensions", metadata.extensions)
      }
    }
    router.get("v2/health/live") { _, _ in Response.json { $0.member("live", service.isLive) } }
    router.get("v2/health/ready") { _, _ in
      let isReady = service.isReady
      return Response.json(isReady ? .ok : .serviceUnavailable) { $0.member("ready", isReady) }
    }
  }

  private func addModels<Context: RequestContext>(to router: some RouterMethods<Context>) {
    router.get("v2/models") { _, _ in
      let names = Set(service.repository.readyModels.map(\.name)).sorted()
      return Response.json { $0.member("models", names) }
    }
    for path in ["v2/models/:name", "v2/models/:name/versions/:version"] {
      router.get(RouterPath(path)) { _, context in
        try await answering {
          let metadata = try service.metadata(ofModel: context.name, version: context.version)
          return Response.json { metadata.write(to: &$0) }
        }
      }
      router.get(RouterPath(path + "/ready")) { _, context in
        try await answering {
          let name = try context.name
          // An unknown model is not found; a known model that cannot run is unavailable.
          let isReady = try service.isKnownModelReady(name, version: context.version)
          return Response.json(isReady ? .ok : .serviceUnavailable) { writer in
            writer.member("name", name)
            writer.member("ready", isReady)
          }
        }
      }
      router.post(RouterPath(path + "/infer")) { request, context in
        try await answering {
          try await infer(request, context.name, context.version, context.inferenceCancellation)
        }
      }
      router.post(RouterPath(path + "/classify")) { request, context in
        try await answering {
          try await classify(request, context.name, context.version, context.inferenceCancellation)
        }
      }
    }
  }

  private func infer(
    _ request: Request, _ model: String, _ version: String?, _ cancellation: RequestCancellation?
  ) async throws -> Response {
    let headerLength = try request.inferenceHeaderLength()
    // Requests for unknown models are rejected before their bodies are read.
    _ = try service.repository.model(named: model, version: version)
    return try await request.withBody(bodyLimits, aligning: headerLength ?? 0) { body in
      try await infer(body, headerLength, model, version, cancellation)
    }
  }

  private func infer(
    _ body: ByteBuffer, _ headerLength: Int?, _ model: String, _ version: String?, _ cancellation: RequestCancellation?
  ) async throws -> Response {
    let isLarge = headerLength ?? body.readableBytes > Self.largeText
    var inference = try await onOtherThread(if: isLarge) { () throws(ServingError) in
      try InferenceRequestReader.request(model: model, version: version, body: body, headerLength: headerLength)
    }
    inference.cancellation = cancellation
    let binaryByDefault = try inference.parameters.bool("binary_data_output") ?? false
    let response = try await service.infer(inference)
    return try await onOtherThread(if: response.elementCount > Self.manyElements) { () throws(ServingError) in
      try response.httpResponse(binaryByDefault: binaryByDefault)
    }
  }

  private func classify(
    _ request: Request, _ name: String, _ version: String?, _ cancellation: RequestCancellation?
  ) async throws -> Response {
    let model = try service.repository.model(named: name, version: version)
    let top = try request.uri.queryParameters["top"].map { text throws(ServingError) in
      guard let top = Int(text), (1...1000).contains(top) else {
        throw ServingError(.invalidArgument, "'top' must be a number from 1 to 1000")
      }
      return top
    }
    let picture = try await request.withBody(bodyLimits, decodedPicture)
    let classes = try await model.classify(
      picture, top: top ?? 5, cancellation: cancellation, scheduler: service.scheduler)
    return Response.json { writer in
      writer.member("model_name", model.name)
      writer.member("model_version", model.version)
      writer.name("classes")
      writer.array(of: classes) { writer, candidate in
        writer.object { writer in
          writer.member("index", candidate.index)
          writer.member("label", candidate.label)
          writer.name("probability")
          writer.raw(candidate.probability.isFinite ? candidate.probability.description : "null")
        }
      }
    }
  }
}

extension InferenceRoutes {
  /// The limits of request bodies.
  var bodyLimits: BodyLimits { BodyLimits(largest: limits.body, budget: service.requestBytes) }

  /// Decodes the picture in a body.
  private func decodedPicture(_ body: ByteBuffer) async throws -> Picture {
    let imageLimits = ImageLimits(maximumFileSize: limits.body, maximumPixels: limits.pixels)
    try await decoding.wait()
    defer { decoding.end() }
    do throws(InfoldError) {
      return try await onOwnThread { () throws(InfoldError) in
        try Picture(bytes: Array(buffer: body), limits: imageLimits)
      }
    } catch {
      throw ServingError(
        error.code == .limitExceeded ? .tooLarge : .invalidArgument, "the picture " + error.description)
    }
  }
}

extension ModelMetadata {
  /// Writes the members of the protocol's metadata object.
  func write(to writer: inout JSONWriter) {
    writer.member("name", name)
    writer.member("versions", versions)
    writer.member("platform", platform)
    for (member, tensors) in [("inputs", inputs), ("outputs", outputs)] {
      writer.name(member)
      writer.array(of: tensors) { writer, tensor in
        writer.object { writer in
          writer.member("name", tensor.name)
          writer.member("datatype", tensor.datatype?.rawValue ?? "")
          writer.member("shape", tensor.shape ?? [])
          if tensor.isOptional { writer.member("parameters", ["optional": .bool(true)]) }
        }
      }
    }
  }
}

extension RequestContext {
  /// The name of the model, with percent-encoding removed.
  var name: String {
    get throws(ServingError) {
      guard let name = parameters.get("name").flatMap(String.init(percentEncoded:)) else {
        throw ServingError(.invalidArgument, "the name of the model is not valid percent-encoded UTF-8")
      }
      return name
    }
  }

  /// The version of the model, if the path contains one.
  var version: String? { parameters.get("version") }

  /// A cancellation that is triggered when the client disconnects.
  var inferenceCancellation: RequestCancellation? { (self as? any DisconnectAwareContext)?.cancellation }
}

extension Response {
  /// A response with a JSON object.
  static func json(_ status: HTTPResponse.Status = .ok, _ body: (inout JSONWriter) -> Void) -> Response {
    var writer = JSONWriter()
    writer.object(body)
    return json(status, writer.buffer)
  }

  /// A response with JSON.
  static func json(_ status: HTTPResponse.Status = .ok, _ buffer: ByteBuffer) -> Response {
    Response(status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: buffer))
  }
}

/// Converts errors to responses.
func answering(_ body: () async throws -> Response) async throws -> Response {
  do {
    return try await body()
  } catch let error as ServingError {
    return error.httpResponse
  } catch let error as InfoldError {
    return ServingError(error).httpResponse
  } catch is CancellationError {
    return ServingError(.cancelled, "the request was cancelled").httpResponse
  }
}

extension ServingError {
  /// The HTTP response: `{"error": "…"}`.
  package var httpResponse: Response {
    var response = Response.json(HTTPResponse.Status(code: httpStatus)) { $0.member("error", reason) }
    if let retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
    if kind == .unauthenticated { response.headers[.wwwAuthenticate] = "Bearer" }
    // The rest of the body is not read.
    if kind == .tooLarge || kind == .requestTimeout { response.headers[.connection] = "close" }
    return response
  }
}
