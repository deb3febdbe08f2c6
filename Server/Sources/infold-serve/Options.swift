import Configuration
import FoundationEssentials
import Infold
import InfoldServer
import SystemPackage

/// An option: a flag `--http-port 8000`, an environment variable `INFOLD_HTTP_PORT=8000`, or a
/// member `"httpPort": 8000` of the configuration file.
struct Option {
  /// The name in the configuration file.
  let name: String
  /// The default value.
  let value: ConfigContent
  /// The placeholder of the value in the help, or `nil` for a flag without value.
  let placeholder: String?
  /// The description.
  let help: String

  init(_ name: String, _ value: ConfigContent, _ placeholder: String?, _ help: String) {
    (self.name, self.value, self.placeholder, self.help) = (name, value, placeholder, help)
  }

  /// The command-line flag.
  var flag: String {
    "--"
      + name.reduce(into: "") { text, character in
        if character.isUppercase { text += "-" }
        text += character.lowercased()
      }
  }

  /// The environment variable.
  var variable: String { "INFOLD_" + flag.dropFirst(2).uppercased().replacing("-", with: "_") }

  /// The default value in the help.
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
  /// All options by topic.
  static let groups: [(title: String, options: [Option])] = [
    (
      "Models",
      [
        Option(
          "models", .stringArray([]), "FOLDER",
          "A folder of models: NAME/VERSION/model.onnx, NAME/model.onnx or NAME.onnx. Can be repeated."),
        Option(
          "model", .stringArray([]), "NAME=PATH",
          "A single model with a name: a file, or a folder with VERSION/model.onnx or model.onnx. Can be repeated."
        ),
        Option(
          "repositoryControl", .bool(true), "BOOL", "Whether clients may load and unload models."),
        Option(
          "keepGoing", .bool(false), "BOOL", "Whether to start even if a model cannot be loaded."),
        Option(
          "memoryLimit", .int(0), "BYTES", "The memory limit of all models together, without their tensors; 0 for none."
        ),
        Option(
          "modelMemoryLimit", .int(0), "BYTES",
          "The memory limit of each session of a model; 0 for Infold's default."),
      ]
    ),
    (
      "Queue and batches",
      [
        Option(
          "largestBatch", .int(8), "IMAGES",
          "The maximum number of images in a batch, if the network processes images independently."),
        Option(
          "longestDelay", .double(0), "SECONDS",
          "The longest time that a request waits for others to fill a batch while a processor is free."),
        Option(
          "queueSize", .int(256), "REQUESTS",
          "The maximum number of waiting requests of a model; others get 503 with Retry-After."),
        Option("runTimeLimit", .double(0), "SECONDS", "The time limit of a run; 0 for none."),
        Option("precision", .string("fast"), "fast|exact|bfloat16", "The accuracy to trade for speed."),
      ]
    ),
    (
      "Connections",
      [
        Option(
          "host", .string("127.0.0.1"), "ADDRESS", "The address to listen on; 0.0.0.0 for all addresses of the machine."
        ),
        Option("httpPort", .int(8000), "PORT", "The port of REST; 0 for any free port."),
        Option("grpcPort", .int(8001), "PORT", "The port of gRPC; 0 for any free port."),
        Option("grpc", .bool(true), "BOOL", "Whether to serve gRPC."),
        Option("maximumBodyBytes", .int(64 << 20), "BYTES", "The maximum size of a request body."),
        Option(
          "maximumRequestBytes", .int(1 << 30), "BYTES",
          "The maximum size of all pending requests together; others get 503."),
        Option("maximumHeaderBytes", .int(16 << 10), "BYTES", "The maximum size of a request header."),
        Option("maximumPixels", .int(50_000_000), "PIXELS", "The maximum size of a picture."),
        Option("maximumConnections", .int(1024), "COUNT", "The maximum number of simultaneous connections."),
        Option("headerTimeout", .double(10), "SECONDS", "The timeout for the header of the first request."),
        Option(
          "bodyTimeout", .double(60), "SECONDS", "The timeout for receiving a request body, and for sending a response."
        ),
        Option("idleTimeout", .double(120), "SECONDS", "The timeout between a response and the next request."),
      ]
    ),
    (
      "Access control",
      [
        Option(
          "tlsCertificate", .string(""), "FILE",
          "The certificate in PEM format. Connections are encrypted if it is set."),
        Option("tlsKey", .string(""), "FILE", "The private key in PEM format."),
        Option(
          "tlsClientAuthorities", .string(""), "FILE",
          "The authorities of client certificates, which clients then need (mutual TLS)."),
        Option("tokenFile", .string(""), "FILE", "A file of bearer tokens, one per line. Clients need one of them."),
      ]
    ),
    (
      "Process",
      [
        Option("threads", .int(0), "COUNT", "The number of compute threads; 0 for one per processor."),
        Option(
          "eventLoops", .int(0), "COUNT",
          "The number of threads for connections; 0 for one per four processors."),
        Option("accessLog", .bool(true), "BOOL", "Whether to log each request as a line of JSON on standard output."),
        Option(
          "logLevel", .string("info"), "LEVEL",
          "The level of the log on standard error: trace, debug, info, notice, warning, error or critical."),
        Option(
          "drainDelay", .double(0), "SECONDS",
          "The time after SIGTERM in which the server is not ready but still listens."),
        Option("drainTimeout", .double(30), "SECONDS", "The time that pending requests then have to finish."),
        Option(
          "config", .string(""), "FILE", "A file with a JSON object of these options, such as {\"httpPort\": 8000}."),
      ]
    ),
  ]

  static var all: [Option] { groups.flatMap(\.options) }

  /// The text of `--help`.
  static var help: String {
    var text = """
      Serves ONNX models over REST and gRPC with the Open Inference Protocol.

      usage: infold-serve --models FOLDER [options]

      An option can also be an environment variable (--http-port is INFOLD_HTTP_PORT) or a member of the file that --config
      names ("httpPort"). Flags override variables, and variables override the file. The file serving.json in the folder of a model
      overrides settings for that model.

      SIGTERM shuts the server down after it has answered all pending requests. SIGHUP reloads models, tokens and certificates.

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
