import Hummingbird
import InfoldServing

extension InferenceRoutes {
  /// Adds `GET …/classify`, which tells clients whether a model takes pictures, and describes them.
  func addClassifiers<Context: RequestContext>(to router: some RouterMethods<Context>) {
    for path in ["v2/models/:name/classify", "v2/models/:name/versions/:version/classify"] {
      router.get(RouterPath(path)) { _, context in
        try await answering {
          let model = try service.repository.model(named: context.name, version: context.version)
          guard let classifier = model.classifier else {
            throw ServingError(
              .notFound, "the model '\(model.name.printable)' takes no pictures: it has no sidecar")
          }
          return Response.json { writer in
            writer.member("model_name", model.name)
            writer.member("model_version", model.version)
            writer.member("width", classifier.preprocessing.width)
            writer.member("height", classifier.preprocessing.height)
            writer.member("labels", classifier.labels?.names ?? [])
          }
        }
      }
    }
  }
}
