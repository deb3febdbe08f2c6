import HTTPTypes
public import Hummingbird
import NIOCore

/// A page for people: the models of a server, what is on a picture, and a form for tensors. It asks nobody but the server itself.
///
/// ```swift
/// InferenceRoutes(service).add(to: router)
/// PageRoutes().add(to: router)
/// ```
///
/// It lies at `/`, and uses the routes of `InferenceRoutes` and `/metrics` beside it; where they ask for a token, so does the page. Who does not
/// ask for HTML gets `{"status": "alive"}`, as KServe's version 1 has it.
public struct PageRoutes: Sendable {
  /// The paths of the page, which are the same for everybody and tell nothing of models: they need no token.
  public static let paths: Set<String> = ["/", "/page.css", "/page.js"]

  /// The routes.
  public init() {}

  /// Adds the routes to a router.
  public func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
    router.get("/") { request, _ in
      guard request.headers[.accept]?.lowercased().contains("text/html") == true else {
        return Response.json { $0.member("status", "alive") }
      }
      return Self.file(PackageResources.page_html, "text/html; charset=utf-8")
    }
    router.get("page.css") { _, _ in Self.file(PackageResources.page_css, "text/css; charset=utf-8") }
    router.get("page.js") { _, _ in Self.file(PackageResources.page_js, "text/javascript; charset=utf-8") }
  }

  /// What the page may do: ask the server that it comes from, and show the picture that was chosen.
  private static let policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src blob: data:; form-action 'none'; "
    + "base-uri 'none'; frame-ancestors 'none'"

  private static func file(_ bytes: [UInt8], _ type: String) -> Response {
    Response(
      status: .ok,
      headers: [
        .contentType: type, .cacheControl: "no-cache", .contentSecurityPolicy: policy, .xContentTypeOptions: "nosniff",
        .vary: "Accept", HTTPField.Name("Referrer-Policy")!: "no-referrer",
      ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}
