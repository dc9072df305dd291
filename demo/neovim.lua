-- A Neovim of its own for the demo, 0.11 or newer: nvim -u demo/neovim.lua FILE
-- In your own configuration the last three lines are enough; editors/neovim/README.md says more.
local here = vim.fs.dirname(vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p'))
vim.opt.number = true
vim.opt.signcolumn = 'yes'

vim.opt.runtimepath:prepend(vim.fs.joinpath(vim.fs.dirname(here), 'editors', 'neovim'))
vim.lsp.enable('whence')
vim.diagnostic.config({ virtual_lines = { current_line = true }, severity_sort = true })
