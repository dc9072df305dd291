-- A Neovim of its own for the demo, 0.11 or newer: nvim -u demo/neovim.lua FILE
-- For your own configuration the three lines that name whence are enough; see docs/editors.md.
vim.opt.number = true
vim.opt.signcolumn = 'yes'

vim.lsp.config('whence', { cmd = { 'whence', 'lsp' }, root_markers = { 'whence.toml', '.git' } })
vim.lsp.enable('whence')
vim.diagnostic.config({ virtual_text = true, severity_sort = true })
