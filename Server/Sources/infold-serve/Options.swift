import Configuration
import FoundationEssentials
import Infold
import InfoldServer
import SystemPackage

/// An option: a flag `--http-port 8000`, a variable `INFOLD_HTTP_PORT=8000`, or a member `"httpPort": 8000` of the configuration file.
struct Option {
  /// Its name in the file.
  let name: String
  /// What is there where nobody says anything.
  let value: ConfigContent
  /// What stands for the value in the help; `nil` for a flag.
  let placeholder: String?
  /// What it does.
  let help: String

  init(_ name: String, _ value: ConfigContent, _ placeholder: String?, _ help: String) {
    (self.name, self.value, self.placeholder, self.help) = (name, value, placeholder, help)
  }

  /// The flag.
  var flag: String {
    "--"
      + name.reduce(into: "") { text, character in
        if character.isUppercase { text += "-" }
        text += character.lowercased()
      }
  }

  /// The variable.
  var variable: String { "INFOLD_" + flag.dropFirst(2).uppercased().replacing("-", with: "_") }

  /// The value in the help.
  var shown: String {
    switch value {
    case .string(let text): text
    case .int(let number): "\(number)"
    case .double(let number): "\(number)"
    case .bool(let flag): "\(flag)"
    default: ""
    }
  }
}

extension Option {
  /// All of them, by what they are about.
  static let groups: [(title: String, options: [Option])] = [
    (
      "Models",
      [
        Option(
          "models", .stringArray([]), "FOLDER",
          "A folder of models: NAME/VERSION/model.onnx, NAME/model.onnx or NAME.onnx. May be given several times."),
        Option(
          "model", .stringArray([]), "NAME=PATH",
          "One model under a name: a file, or a folder with VERSION/model.onnx or model.onnx. May be given several times."
        ),
        Option(
          "repositoryControl", .bool(true), "BOOL", "Whether clients may load and unload models of these folders."),
        Option(
          "keepGoing", .bool(false), "BOOL", "Whether the server starts where a model cannot be loaded."),
        Option(
          "memoryLimit", .int(0), "BYTES", "The most that all models may take beside their own tensors; 0 for no limit."
        ),
        Option(
          "modelMemoryLimit", .int(0), "BYTES",
          "The most that each session of a model may take; 0 for Infold's default."),
      ]
    ),
    (
      "Requests that wait",
      [
        Option(
          "largestBatch", .int(8), "IMAGES",
          "The most images that are put together into a batch, where the network keeps images apart."),
        Option(
          "longestDelay", .double(0), "SECONDS",
          "The longest that a request waits for others while a processor is free."),
        Option(
          "queueSize", .int(256), "REQUESTS", "The most requests of a model that wait; others get 503 and Retry-After."),
        Option("runTimeLimit", .double(0), "SECONDS", "The longest that a run may take; 0 for no limit."),
        Option("precision", .string("fast"), "fast|exact", "What results may cost in accuracy for the sake of speed."),
      ]
    ),
    (
      "Connections",
      [
        Option("host", .string("127.0.0.1"), "ADDRESS", "The address to listen at; 0.0.0.0 for all of the machine's."),
        Option("httpPort", .int(8000), "PORT", "The port of REST; 0 for any that is free."),
        Option("grpcPort", .int(8001), "PORT", "The port of gRPC; 0 for any that is free."),
        Option("grpc", .bool(true), "BOOL", "Whether there is gRPC."),
        Option("maximumBodyBytes", .int(64 << 20), "BYTES", "The largest body of a request."),
        Option(
          "maximumRequestBytes", .int(1 << 30), "BYTES",
          "The most bytes that all requests may have together that are not answered yet; others get 503."),
        Option("maximumHeaderBytes", .int(16 << 10), "BYTES", "The largest header of a request."),
        Option("maximumPixels", .int(50_000_000), "PIXELS", "The largest picture."),
        Option("maximumConnections", .int(1024), "COUNT", "The most connections at a time."),
        Option("headerTimeout", .double(10), "SECONDS", "The longest until the header of a first request is there."),
        Option(
          "bodyTimeout", .double(60), "SECONDS", "The longest until a body is there, and until an answer is taken."),
        Option("idleTimeout", .double(120), "SECONDS", "The longest between an answer and the next request."),
      ]
    ),
    (
      "Who may ask",
      [
        Option("tlsCertificate", .string(""), "FILE", "The certificate in PEM; with it, connections are encrypted."),
        Option("tlsKey", .string(""), "FILE", "The private key in PEM."),
        Option(
          "tlsClientAuthorities", .string(""), "FILE",
          "Clients need a certificate that comes from one of these (mutual TLS)."),
        Option("tokenFile", .string(""), "FILE", "Clients need one of the bearer tokens in this file, one a line."),
      ]
    ),
    (
      "The process",
      [
        Option("threads", .int(0), "COUNT", "The threads that compute; 0 for one for each processor."),
        Option(
          "eventLoops", .int(0), "COUNT",
          "The threads that read and write connections; 0 for one for each four processors."),
        Option("accessLog", .bool(true), "BOOL", "Whether each request is a line of JSON on standard output."),
        Option(
          "logLevel", .string("info"), "LEVEL",
          "trace, debug, info, notice, warning, error or critical; on standard error."),
        Option(
          "drainDelay", .double(0), "SECONDS",
          "From SIGTERM on, the server is not ready for so long before it stops listening."),
        Option("drainTimeout", .double(30), "SECONDS", "The longest that requests may take that are under way then."),
        Option("config", .string(""), "FILE", "A JSON object with these options, like {\"httpPort\": 8000}."),
      ]
    ),
  ]

  static var all: [Option] { groups.flatMap(\.options) }

  /// What `--help` prints.
  static var help: String {
    var text = """
      Serves ONNX models by the Open Inference Protocol, over REST and gRPC.

      usage: infold-serve --models FOLDER [options]

      An option may also be a variable of the environment (--http-port is INFOLD_HTTP_PORT) or a member of the file that --config
      names ("httpPort"). A flag counts more than a variable, and a variable more than the file. What belongs to one model, the file
      serving.json in its folder may say.

      SIGTERM ends the server when all requests are answered that it has taken; SIGHUP reads models, tokens and certificates again.

      """
    for group in groups {
      text += "\n\(group.title)\n"
      for option in group.options {
        let head = "  " + option.flag + (option.placeholder.map { " " + $0 } ?? "")
        text += head + "\n      " + option.help + (option.shown.isEmpty ? "" : " Default: \(option.shown).") + "\n"
      }
    }
    return text + "\n  --help\n      This text.\n  --version\n      The version.\n"
  }
}
