// What `import InfoldImage` gives beside pictures, to apps that do without `import Infold`: the error that everything throws, and how a
// classifier runs its model.

@_exported import struct InfoldSystem.InfoldError

@_exported import struct InfoldRuntime.SessionOptions
