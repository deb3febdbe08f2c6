import Glibc
import Infold

/// The number of allocations of the process so far, from the library that `tools/check-allocations.sh` preloads.
let allocations: @convention(c) () -> Int = {
  guard let symbol = dlsym(nil, "infold_allocations") else { fatalError("run this by tools/check-allocations.sh") }
  return unsafeBitCast(symbol, to: (@convention(c) () -> Int).self)
}()

var hasFailed = false
for path in CommandLine.arguments.dropFirst() {
  for (threads, batch) in [(1, 1), (2, 1), (2, 3)] {
    let session = try Session(Model(path: path), options: SessionOptions(threads: threads))
    let shape = session.inputs[0].type!.shape!.map { $0.size ?? batch }
    let inputs = [try Tensor(repeating: 0.5 as Float, shape: shape)]
    var outputs: [Tensor] = []
    for _ in 0..<3 { try session.run(inputs, into: &outputs) }
    let before = allocations()
    for _ in 0..<20 { try session.run(inputs, into: &outputs) }
    let count = allocations() - before
    print("\(path), threads: \(threads), batch: \(batch): \(count) allocations in 20 runs")
    if count > 0 { hasFailed = true }
  }
}
exit(hasFailed ? 1 : 0)
