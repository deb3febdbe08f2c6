import HTTPTypes
import Hummingbird
import InfoldEventLoops
import InfoldServing
import NIOCore

extension InferenceRoutes {
  /// Adds the model repository extension.
  func addRepository<Context: RequestContext>(to router: some RouterMethods<Context>) {
    router.post("v2/repository/index") { request, _ in
      try await answering {
        let readyOnly = try await repositoryRequest(request).readyOnly
        // This reads folders.
        let entries = await onOtherThread { service.repository.index(readyOnly: readyOnly) }
        var writer = JSONWriter()
        writer.array(of: entries) { writer, entry in
          writer.object { writer in
            writer.member("name", entry.name)
            writer.member("version", entry.version)
            writer.member("state", entry.state.rawValue)
            writer.member("reason", entry.reason)
          }
        }
        return Response.json(.ok, writer.buffer)
      }
    }
    router.post("v2/repository/models/:name/load") { request, context in
      try await answering {
        let name = try context.name
        let parameters = try await repositoryRequest(request).parameters
        if let refused = parameters.keys.first(where: { $0 == "config" || $0.hasPrefix("file:") }) {
          throw ServingError(
            .unimplemented, "unsupported parameter '\(refused.printable)': models are loaded from the repository only")
        }
        try await onOtherThread { () throws(ServingError) in try await service.repository.load(name) }
        return Response.json { writer in
          writer.member("name", name)
          writer.member("load", true)
        }
      }
    }
    router.post("v2/repository/models/:name/unload") { request, context in
      try await answering {
        let name = try context.name
        _ = try await repositoryRequest(request)
        try await service.repository.unload(name)
        return Response.json { writer in
          writer.member("name", name)
          writer.member("unload", true)
        }
      }
    }
  }

  /// Reads a repository request, whose body may be empty.
  private func repositoryRequest(_ request: Request) async throws -> (
    readyOnly: Bool, parameters: InfoldServing.Parameters
  ) {
    let limits = BodyLimits(largest: min(limits.body, 1 << 20), budget: service.requestBytes)
    return try await request.withBody(limits, repositoryRequest)
  }

  private func repositoryRequest(_ body: ByteBuffer) throws(ServingError) -> (Bool, InfoldServing.Parameters) {
    guard body.readableBytes > 0 else { return (false, [:]) }
    let result: Result<(Bool, InfoldServing.Parameters), ServingError> = body.withUnsafeReadableBytes { bytes in
      Result { () throws(ServingError) in
        var reader = JSONReader(bytes)
        var readyOnly = false
        var parameters: InfoldServing.Parameters = [:]
        try reader.object { (reader, name) throws(ServingError) in
          switch name {
          case "ready": readyOnly = try reader.bool()
          case "parameters": parameters = try reader.parameters()
          default: try reader.skipValue()
          }
        }
        try reader.end()
        return (readyOnly, parameters)
      }
    }
    return try result.get()
  }
}
