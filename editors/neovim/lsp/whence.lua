-- Neovim 0.11 and newer read this file for `vim.lsp.enable('whence')`. Override any of it with
-- `vim.lsp.config('whence', { ... })`.
--
-- No filetypes: an AI tool writes any kind of file, so every buffer that shows a file is looked at.

---@type vim.lsp.Config
return {
  cmd = { 'whence', 'lsp' },
  root_markers = { 'whence.toml', '.git' },
  settings = {
    whence = {
      codeLens = false,
    },
  },
}
