import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// A real model with one byte changed, or truncated, gives an error or a run that ends, wherever it is damaged.
///
/// By default, every 32nd position is tried; `INFOLD_EXHAUSTIVE=1` tries all. The time limit ends tests that hang, and is not a
/// measurement.
@Suite(.timeLimit(.minutes(60))) struct DamagedModelTests {
  private static let span = 4096
  private static let step = isExhaustive ? 1 : 32
  private static let original = try! RegularFile.contents(
    ofFile: repositoryFolder + "/Models/ppocr-cls.onnx", limit: 1 << 20)

  /// The outcome for a model: whether it was read, prepared and run.
  private enum Outcome: Hashable {
    case refused, failed, ran
  }

  /// Runs the model at a size that it was not made for, so that every shape is computed anew.
  private func outcome(_ bytes: [UInt8]) throws -> Outcome {
    let begin = threadSeconds()
    defer { #expect(threadSeconds() - begin < smallWork) }
    let model: Model
    do throws(InfoldError) {
      model = try Model(bytes: bytes, operators: .standard)
    } catch {
      return .refused
    }
    do throws(InfoldError) {
      let session = try Session(model, options: SessionOptions(threads: 1, memoryLimit: 64 << 20))
      var inputs: [String: Tensor] = [:]
      for input in session.inputs {
        inputs[input.name] = try Tensor(repeating: 0.5 as Float, shape: [1, 3, 48, 64])
      }
      _ = try session.run(inputs)
      return .ran
    } catch {
      return .failed
    }
  }

  @Test func theModelAsItIs() throws {
    #expect(try outcome(Self.original) == .ran)
  }

  @Test(arguments: [true, false]) func changedBytes(atTheBeginning: Bool) throws {
    var outcomes: [Outcome: Int] = [:]
    let start = atTheBeginning ? 0 : Self.original.count - Self.span
    for place in stride(from: start, to: start + Self.span, by: Self.step) {
      for mask: UInt8 in isExhaustive ? [0xff, 0x80, 1] : [0xff] {
        var bytes = Self.original
        bytes[place] ^= mask
        outcomes[try outcome(bytes), default: 0] += 1
      }
    }
    #expect(outcomes.count >= 2, "\(outcomes)")
  }

  @Test func cuts() throws {
    for count in stride(from: 0, to: Self.span, by: Self.step) {
      #expect(try outcome(Array(Self.original.prefix(count))) == .refused, "cut to \(count) bytes")
    }
  }
}
