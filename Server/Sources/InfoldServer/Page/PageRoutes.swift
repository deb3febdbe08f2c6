import HTTPTypes
public import Hummingbird
import NIOCore

/// A web page with the models of the server, a picture classifier, and a form for tensors. It loads
/// nothing from other servers.
///
/// ```swift
/// InferenceRoutes(service).add(to: router)
/// PageRoutes().add(to: router)
/// ```
///
/// The page is served at `/`, and uses the routes of `InferenceRoutes` and `/metrics`. If they
/// require a token, the page asks for it. Clients that do not accept HTML get
/// `{"status": "alive"}`, as the KServe V1 protocol defines it.
public struct PageRoutes: Sendable {
  /// The paths of the page. They are the same for everyone and reveal nothing about models, so they
  /// need no token.
  public static let paths: Set<String> = ["/", "/page.css", "/page.js"]

  /// Creates the routes.
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

  /// The content security policy: the page may only contact its own server and show the chosen
  /// picture.
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
