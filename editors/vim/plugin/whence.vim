" Whence: which lines came from AI coding tools. For ALE and for vim-lsp; whichever is there is told of the server.
" SPDX-License-Identifier: Apache-2.0

if exists('g:loaded_whence')
  finish
endif
let g:loaded_whence = 1

" The program that is the language server, and its arguments.
let g:whence_command = get(g:, 'whence_command', ['whence', 'lsp'])

function! WhenceRoot(buffer) abort
  let l:folder = fnamemodify(bufname(a:buffer), ':p:h')
  for l:name in ['whence.toml', '.git']
    let l:found = findfile(l:name, l:folder . ';')
    let l:found = empty(l:found) ? finddir(l:name, l:folder . ';') : l:found
    if !empty(l:found)
      return fnamemodify(l:found, ':p' . (isdirectory(l:found) ? ':h' : '') . ':h')
    endif
  endfor
  return l:folder
endfunction

" ALE knows linters by file type: add this one to each as it is met. It runs beside the language's own.
let s:told = {}
function! s:Ale(type) abort
  if empty(a:type) || has_key(s:told, a:type)
    return
  endif
  let s:told[a:type] = 1
  try
    call ale#linter#Define(a:type, {
      \ 'name': 'whence',
      \ 'lsp': 'stdio',
      \ 'executable': g:whence_command[0],
      \ 'command': {buffer -> join(map(copy(g:whence_command), {_, word -> ale#Escape(word)}))},
      \ 'project_root': function('WhenceRoot'),
      \ })
  catch /^Vim\%((\a\+)\)\=:E117/
    " ALE is not here.
  endtry
endfunction

augroup whence
  autocmd!
  autocmd FileType * call s:Ale(expand('<amatch>'))
  autocmd User lsp_setup call lsp#register_server({
    \ 'name': 'whence', 'cmd': {_ -> g:whence_command}, 'allowlist': ['*']})
augroup END
