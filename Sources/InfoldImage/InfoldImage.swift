// Re-exports for apps that import InfoldImage without Infold: the error type and the session
// options.

@_exported import struct InfoldSystem.InfoldError

@_exported import struct InfoldRuntime.SessionOptions
